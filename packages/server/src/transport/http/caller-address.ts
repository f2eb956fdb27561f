import { isIPv4, isIPv6 } from 'node:net'

/**
 * Under what refused keys are counted: an IPv4 address however it is written, or the network of 64 bits that one IPv6 caller
 * may choose addresses from. A proxy may add the port; what it names that is no address is not believed.
 * @param named by the socket, or by a listed proxy
 * @param peer of the socket
 */
export function callerAddress(named: string, peer: string | undefined): string {
  return canonicalAddress(named) ?? canonicalAddress(peer ?? '') ?? ''
}

function canonicalAddress(text: string): string | null {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  if (isIPv4(bare)) return bare
  const [address = ''] = bare.split('%')
  if (!isIPv6(address)) return null
  const groups = groupsOf(address)
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff)
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  return `${groups
    .slice(0, 4)
    .map(group => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.map(Number) as [number, number, number, number]
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [left = [], right] = hexadecimal.split('::').map(half => half.split(':').filter(group => group !== ''))
  const zeros = right === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...(right ?? [])].map(group => Number.parseInt(group, 16))
}
