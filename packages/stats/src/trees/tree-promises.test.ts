import { treePromises } from '../testing/tree-promises.ts'

treePromises('subset')
