# The orchestrator's image. The same program is the host agent, but that one runs on the hypervisor, beside libvirt.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
RUN npm run build

FROM node:20.20.2-bookworm-slim
# Roots for TLS to a Temporal that is not in this network.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /opt/vgpu-ferry
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /build/dist dist
COPY deploy/orchestrator-health.js deploy/
USER node
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s --retries=3 CMD ["node", "deploy/orchestrator-health.js"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["orchestrator"]
