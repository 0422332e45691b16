import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress } from 'node:zlib';
import { build } from 'esbuild';
import { defineConfig, type Plugin } from 'vite';

/** Writes `x.br` beside every text file: too slow to make while serving, and a fifth smaller than gzip. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'landmap-compressed',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    writeBundle: {
      order: 'post',
      sequential: true, // after the service worker has been written
      async handler() {
        const files = (await readdir(folder, { recursive: true })).filter((name) => /\.(js|css|svg|html|webmanifest)$/.test(name));
        await Promise.all(files.map((name) => pipeline(
          createReadStream(join(folder, name)),
          createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
          createWriteStream(join(folder, `${name}.br`)),
        )));
      },
    },
  };
}

/** Tells the browser in the page itself what its first script is going to ask for, so that it does not come one after the other. */
function early(): Plugin {
  return {
    name: 'landmap-early',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const main = chunks.find(({ name, isDynamicEntry }) => name === 'main' && isDynamicEntry);
        if (!main) throw new Error('landmap-early: src/main.ts is no chunk of its own');
        const scripts = [main.fileName, ...main.imports].filter((name) => !chunks.some(({ fileName, isEntry }) => isEntry && fileName === name));
        const sheets = [...main.viteMetadata?.importedCss ?? []];
        return [
          ...sheets.map((name) => ({ tag: 'link', attrs: { rel: 'stylesheet', crossorigin: true, href: `./${name}` }, injectTo: 'head' as const })),
          { tag: 'link', attrs: { rel: 'preload', as: 'fetch', href: './map/style.json', crossorigin: true }, injectTo: 'head' },
          ...scripts.map((name) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `./${name}` }, injectTo: 'head' as const })),
        ];
      },
    },
  };
}

/** The service worker, which knows every file of this build, and a version that changes with any of them. */
function offline(): Plugin {
  let [root, folder, assets] = ['', '', ''];
  return {
    name: 'landmap-offline',
    apply: 'build',
    configResolved(config) {
      [root, folder, assets] = [config.root, join(config.root, config.build.outDir), config.build.assetsDir];
    },
    async writeBundle() {
      const names = (await readdir(join(folder, assets))).filter((name) => !name.endsWith('.br')).sort();
      const sources = (await readdir(join(root, 'src/offline'))).sort();
      const worker = Buffer.concat(await Promise.all(sources.map((name) => readFile(join(root, 'src/offline', name)))));
      const page = await readFile(join(folder, 'index.html'));
      const version = createHash('sha256').update(names.join()).update(page).update(worker).digest('hex').slice(0, 12);
      await build({
        entryPoints: [join(root, 'src/offline/worker.ts')],
        outfile: join(folder, 'service-worker.js'),
        bundle: true, minify: true, format: 'iife', target: 'es2022', logLevel: 'error',
        define: { __VERSION__: JSON.stringify(version), __FILES__: JSON.stringify(['./', ...names.map((name) => `${assets}/${name}`)]) },
      });
    },
  };
}

export default defineConfig({
  // Relative, so that the page also works below a path of a proxy.
  base: './',
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // fonts stay files: one cached copy for the page and for the map's labels
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(['/collections', '/map'].map((path) => [path, 'http://127.0.0.1:8080'])),
  },
  plugins: [early(), offline(), compressed()],
});
