import assert from 'node:assert/strict'
import { test } from 'node:test'
import { debianPackages, missingModules, whyNotInstall } from './debian-peers.ts'

const python = '/usr/bin/python3'

test('without that Python every peer counts as missing', () => {
  assert.deepEqual(missingModules('/nowhere/python'), Object.keys(debianPackages))
})

test('nothing is installed when told so, when modules are hidden on purpose, or for a Python that is not Debian’s', () => {
  assert.match(whyNotInstall(python, { SURETY_BENCH_NO_INSTALL: '1' }) ?? '', /NO_INSTALL is set/)
  assert.match(whyNotInstall(python, { SURETY_BENCH_HIDE: 'sklearn' }) ?? '', /HIDE is set/)
  assert.match(whyNotInstall('/opt/python', {}) ?? '', /^\/opt\/python is not/)
})
