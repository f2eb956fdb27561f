import { recordPromises } from '../testing/record-promises.ts'

recordPromises('subset')
