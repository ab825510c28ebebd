import { memoryBench, sqliteBench } from '#test/fake/disk.ts'

import { contract } from './contract.ts'

contract('the memory', memoryBench)
contract('the SQLite', sqliteBench)
