// Bundles each *.test.ts for Node and runs it with Node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'landmap-web-test-'));
const assets = {
  name: 'assets',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?url$/ }, ({ path }) => ({ path, namespace: 'asset' }));
    onLoad({ filter: /.*/, namespace: 'asset' }, ({ path }) => ({ contents: `export default ${JSON.stringify(path)}` }));
  },
};
try {
  const entryPoints = readdirSync(folder).filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name));
  await build({
    entryPoints, outdir: out, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node18', plugins: [assets],
  });
  const files = readdirSync(out).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ['--test', ...files], { cwd: join(folder, '..'), stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
