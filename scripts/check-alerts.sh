#!/bin/bash
# Checks the alert rules: promtool finds them valid, they fire by their unit tests, and each fires in a real Prometheus when its
# cause is made with the real programs on simulated hosts. The dashboard's queries are put to the same Prometheus.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=$(scripts/prometheus.sh)
"$programs/promtool" check rules deploy/prometheus/alerts.yml
"$programs/promtool" test rules test/monitoring/alerts.promtool.yml
exec node -r ./test/support/register-ts.js test/monitoring/check-alerts.ts "$programs/prometheus"
