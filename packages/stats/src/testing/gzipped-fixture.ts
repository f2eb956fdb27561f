import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Parsed content of a gzipped JSON file in fixtures/. */
export function gzippedFixture<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url))).toString())
}
