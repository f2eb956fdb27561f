import type { Route } from '@surety/contract'

/** Methods of the path of a URL for the header Allow; null when nothing is there. */
export type Allowed = (url: string) => string | null

export function allowedMethods(routes: Iterable<Pick<Route, 'method' | 'path'>>): Allowed {
  const byPath = new Map<string, Set<string>>()
  for (const { method, path } of routes) {
    const methods = byPath.get(path) ?? new Set()
    methods.add(method)
    if (method === 'GET') methods.add('HEAD')
    byPath.set(path, methods)
  }
  const known = [...byPath].map(([path, methods]) => ({ parts: path.split('/'), methods }))
  return url => {
    const parts = (url.split('?', 1)[0] ?? '').split('/')
    // What one route has a word for may be the parameter of another, of another method.
    const methods = new Set(known.filter(one => fits(one.parts, parts)).flatMap(one => [...one.methods]))
    return methods.size === 0 ? null : [...methods].join(', ')
  }
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, i) => part === parts[i] || (part[0] === '{' && parts[i] !== ''))
  )
}

/** `/v1/lead/{id}` -> `/v1/lead/:id` */
export function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}
