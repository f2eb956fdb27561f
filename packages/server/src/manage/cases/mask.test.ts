import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskEmail, maskName, maskPhone } from './mask.ts'

test('a name keeps the first letter of each word', () => {
  assert.equal(maskName('John Doe'), 'J*** D**')
  assert.equal(maskName('Élodie  de La Tour'), 'É*****  d* L* T***')
  assert.equal(maskName('李小龙'), '李**')
})

test('a phone number keeps its last two digits and its form', () => {
  assert.equal(maskPhone('+1 (612) 555-1212'), '+* (***) ***-**12')
  assert.equal(maskPhone('call me 555-1234 x9'), '**** ** ***-***4 *9')
  assert.equal(maskPhone('1234'), '****')
})

test('an e-mail address keeps its first letter and the end of the domain', () => {
  assert.equal(maskEmail('jane.doe@mail.example.com'), 'j***@***.com')
  assert.equal(maskEmail('root@localhost'), 'r***@***')
  assert.equal(maskEmail('nonsense'), 'n*******')
})
