import { createReadStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { docsPolicy } from './headers.ts'

/** The renderer's own files, read when they are asked for: a megabyte that hardly anybody needs stays out of memory. */
const rendererFolder = join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static')

const script = 'text/javascript; charset=utf-8'
const rendererFiles: { readonly [name: string]: string } = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': script,
}

const start = `window.addEventListener('DOMContentLoaded', () => {
  SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null })
})
`

export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Surety API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<script src="/docs/assets/swagger-ui-bundle.js" defer></script>
<script src="/docs/assets/start.js" defer></script>
</head>
<body>
<main id="reference"><p>The API reference. As data: <a href="/docs/openapi.json">/docs/openapi.json</a></p></main>
</body>
</html>
`

/** Files of the reference page; the page and the document are routes of the table. */
export function serveDocsFiles(app: FastifyInstance) {
  for (const [name, type] of Object.entries(rendererFiles)) {
    app.get(`/docs/assets/${name}`, (_request, reply) =>
      reply
        .headers({
          'content-type': type,
          'content-security-policy': docsPolicy,
          'cache-control': 'public, max-age=3600',
        })
        .send(createReadStream(join(rendererFolder, name))),
    )
  }
  app.get('/docs/assets/start.js', (_request, reply) =>
    reply.headers({ 'content-type': script, 'content-security-policy': docsPolicy }).send(start),
  )
}
