import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from './csv-line.ts'

test('cells with commas, quotes and line ends are quoted, and every line ends with CRLF', () => {
  assert.equal(csvLine(['a', 'b,c', 'say "hi"', 'two\r\nlines', '']), 'a,"b,c","say ""hi""","two\r\nlines",\r\n')
})

test('text that begins like a formula is disarmed, numbers are left alone', () => {
  assert.equal(csvLine(['=1+1', '+x', '-y', '@z', '-', -1.5, '1-2']), "'=1+1,'+x,'-y,'@z,'-,-1.5,1-2\r\n")
  assert.equal(csvLine(['=HYPERLINK("x","y")']), '"\'=HYPERLINK(""x"",""y"")"\r\n')
})

test('missing is empty, which no value is', () => {
  assert.equal(csvLine([null, 0, false, 'null']), ',0,false,null\r\n')
})
