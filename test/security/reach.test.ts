/**
 * What an agent's own code can reach at all, whatever it is told: the modules of Node.js that it loads, all files from its
 * entry on. What can't be loaded can't be misused.
 */
import { readFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const IMPORT = /(?:\bfrom|\bimport|\brequire|\bimport\()\s*\(?\s*'([^']+)'/g;

/** Which of our files load which of Node.js' modules. */
function modulesLoadedFrom(entries: readonly string[]): Map<string, string[]> {
  const loadedBy = new Map<string, string[]>();
  const seen = new Set<string>();
  const left = entries.map((entry) => join(ROOT, entry));
  while (left.length > 0) {
    const file = left.pop()!;
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const name = specifier!.replace(/^node:/, '');
      if (specifier!.startsWith('.')) left.push(sourceOf(join(dirname(file), specifier!)));
      else if (builtinModules.includes(name))
        loadedBy.set(name, [...(loadedBy.get(name) ?? []), relative(ROOT, file)].sort());
    }
  }
  return loadedBy;
}

function sourceOf(path: string): string {
  return [`${path}.ts`, join(path, 'index.ts'), path].find((candidate) => existsSync(candidate))!;
}

/** The agent, without the command line around it; and the threads that it starts. */
const loaded = modulesLoadedFrom([
  'src/agent/start.ts',
  'src/hypervisor/libvirt/thread.ts',
  'src/hypervisor/libvirt/event-loop-thread.ts',
]);

test('the walk comes by what it is to see', () => {
  expect(loaded.get('worker_threads')).toContain('src/hypervisor/libvirt/native-thread.ts');
  expect(loaded.get('timers/promises')).toContain('activities/watch-guest.ts');
});

test('no command can be run', () => {
  expect(loaded.get('child_process')).toBeUndefined();
  expect(loaded.get('cluster')).toBeUndefined();
  expect(loaded.get('vm')).toBeUndefined();
});

/** To the peer whose libvirt was just asked, when that has failed: see the file. */
const LOOKS_AT_CERTIFICATES = ['src/hypervisor/libvirt/peer-certificate.ts'];

test('no connection can be opened but through libvirt and to Temporal; and to look at the certificate of a peer', () => {
  for (const name of ['net', 'tls']) expect([name, loaded.get(name)]).toEqual([name, LOOKS_AT_CERTIFICATES]);
  for (const name of ['http', 'https', 'http2', 'dgram', 'dns', 'dns/promises'])
    expect([name, loaded.get(name)]).toEqual([name, undefined]);
});

test("files are touched by the ledger, and by what reads the configuration, certificates, the codec's keys and the simulated fleet", () => {
  const files = [...(loaded.get('fs') ?? []), ...(loaded.get('fs/promises') ?? [])];
  expect([...new Set(files)].sort()).toEqual([
    'src/agent/config.ts',
    'src/agent/start.ts',
    'src/claims/disk.ts',
    'src/claims/file-lock.ts',
    ...LOOKS_AT_CERTIFICATES,
    'src/hypervisor/simulated/file-store.ts',
    'src/temporal/codec/key-file.ts',
    'src/temporal/codec/keygen.ts',
  ]);
});

test('of C libraries, only libvirt and libc are loaded', () => {
  const sources = ['src/claims/file-lock.ts', 'src/hypervisor/libvirt/library.ts'].map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  );
  const names = sources.join('\n').match(/(?:koffi\.load|\bopen)\((?:null|'[^']+')/g);
  expect(names).toEqual(['koffi.load(null', "open('libvirt.so.0'", "open('libc.so.6'"]);
  expect((loaded.get('module') ?? []).sort()).toEqual(['src/koffi.ts']);
});
