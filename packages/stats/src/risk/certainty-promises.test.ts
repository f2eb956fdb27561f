import { certaintyPromises } from '../testing/certainty-promises.ts'

certaintyPromises('subset')
