import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerAddress } from './caller-address.ts'
import { openTestDoor } from './testing-door.ts'

test('an IPv4 caller is the same one however it is written', () => {
  for (const named of [
    '203.0.113.7',
    '203.0.113.7:51234',
    '::ffff:203.0.113.7',
    '::FFFF:cb00:7107',
    '[::ffff:203.0.113.7]:443',
  ])
    assert.equal(callerAddress(named, '10.0.0.1'), '203.0.113.7', named)
})

test('an IPv6 caller is the network that it may choose addresses from', () => {
  for (const named of [
    '2001:db8:0:5::1',
    '2001:0DB8:0000:0005:ffff:ffff:ffff:ffff',
    '[2001:db8:0:5::9]:443',
    '2001:db8::5:1:2:3:4',
    '2001:db8:0:5::1%eth0',
    '2001:db8::5:0:0:1.2.3.4',
  ])
    assert.equal(callerAddress(named, undefined), '2001:db8:0:5::/64', named)
  assert.equal(callerAddress('::1', undefined), '0:0:0:0::/64')
  assert.equal(callerAddress('2001:db8:0:6::1', undefined), '2001:db8:0:6::/64')
})

test('what is no address is not believed: the peer of the socket is counted', () => {
  for (const named of ['unknown', '', '203.0.113', '203.0.113.7:x', 'x'.repeat(10_000), '[203.0.113.7', ':::', '1:2:3'])
    assert.equal(callerAddress(named, '10.0.0.1'), '10.0.0.1', named)
  assert.equal(callerAddress('unknown', undefined), '')
})

test('wrong keys of one caller are counted together whatever port or address of its network a listed proxy names', async () => {
  for (const named of [
    (k: number) => `203.0.113.7:${50_000 + k}`,
    (k: number) => `2001:db8:0:5::${k.toString(16)}`,
    (k: number) => `unknown-${k}`,
  ]) {
    const { app } = openTestDoor({}, { trustedProxies: ['10.0.0.0/8'] })
    const wrong = async (k: number) => {
      const headers = { 'x-api-key': `sty_guess${k}_x`, 'x-forwarded-for': named(k) }
      return (await app.inject({ url: '/v1/lead', headers, remoteAddress: '10.1.2.3' })).statusCode
    }
    for (let k = 0; k < 30; k++) assert.equal(await wrong(k), 401)
    assert.equal(await wrong(30), 429, named(30))
  }
})
