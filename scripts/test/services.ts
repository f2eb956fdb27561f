import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const services = [
  { variable: 'REDIS_URL', name: 'Redis', usual: 'redis://127.0.0.1:6379' },
  { variable: 'MQTT_URL', name: 'MQTT broker', usual: 'mqtt://127.0.0.1:1883' },
]

/** Addresses of the services that these test files name; throws one sentence for the first that does not answer. */
export async function servicesOf(files: readonly string[]): Promise<Record<string, string>> {
  const texts = files.map(file => readFileSync(file, 'utf8'))
  const needed = services.filter(service => texts.some(text => text.includes(service.variable)))
  const addresses: Record<string, string> = {}
  for (const { variable, name, usual } of needed) {
    const url = process.env[variable] ?? usual
    if (!(await answers(new URL(url)))) throw new Error(`No ${name} answers at ${url}: start one, or set ${variable}.`)
    addresses[variable] = url
  }
  return addresses
}

function answers({ hostname, port }: URL): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 5000 })
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false))
  })
}
