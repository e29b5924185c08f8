import '../../support/backend'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Balance } from '../../../src/contract/nouns'
import { countClasses, poolOf, type Pool, type Tagged } from '../../../src/trainer/balance'
import { createBatches } from '../../../src/trainer/batches'
import { buildProgram } from '../../support/program'
import { checkpoint, numbersOf, oneStage, room, specOf, stateHash, tinyRecipe, trainHere, writePack } from './support'

/** Items with these tags, in turn through `kinds`, and `held` more at the end that are not for training. */
function tagged(names: string[], of: string[][], held = 0): Tagged {
  const rows = of.flatMap((tags) => names.map((name) => Number(tags.includes(name))))
  return { train: of.length - held, names, rows: Uint8Array.from(rows) }
}
const times = (n: number, tags: string[]): string[][] => Array.from({ length: n }, () => tags)

/** 5,000 to 100: fifty common pictures for a rare one; the held-out ones are all rare. */
const uneven = tagged(
  ['common', 'rare'],
  [...times(4000, ['common']), ...times(100, ['rare']), ...times(1000, ['common']), ...times(40, ['rare'])],
  40,
)
const isRare = (position: number) => uneven.rows[position * 2 + 1] === 1
const by = (by: Balance['by']): Balance => ({ by, tags: ['common', 'rare'] })

/** The share of the rare class among what the batches of two epochs draw, each draw counting its weight. */
function rareShare({ positions, weights }: Pool): number {
  const batches = createBatches(7, positions, 50)
  let [rare, all] = [0, 0]
  for (let n = 0; n < 2 * batches.perEpoch; n++)
    for (const position of batches.positions(0, n)) {
      const weight = weights?.[position] ?? 1
      all += weight
      if (isRare(position)) rare += weight
    }
  return rare / all
}

describe('fifty common pictures for a rare one', () => {
  it('are what the batches show when nothing is done', () => {
    expect(rareShare(poolOf(null, uneven, 7))).toBeCloseTo(1 / 51, 3)
  })

  it.each([
    ['remove', 200],
    ['repeat', 10_000],
  ] as const)('are one for one in every epoch by %s', (way, places) => {
    const { positions, weights } = poolOf(by(way), uneven, 7)
    expect([positions.length, weights]).toEqual([places, null])
    expect(positions.filter(isRare)).toHaveLength(places / 2)
    expect(rareShare({ positions, weights })).toBeCloseTo(0.5, 6)
    expect(Math.max(...positions)).toBeLessThan(uneven.train)
  })

  it('removes from the common class alone, and repeats the rare alone', () => {
    const [removed, repeated] = [poolOf(by('remove'), uneven, 7).positions, poolOf(by('repeat'), uneven, 7).positions]
    expect(new Set(removed).size).toBe(200)
    const counts = new Map<number, number>()
    for (const position of repeated) counts.set(position, (counts.get(position) ?? 0) + 1)
    expect(counts.size).toBe(5100)
    for (const [position, count] of counts) expect(count).toBe(isRare(position) ? 50 : 1)
  })

  it('count half in all by weights, and an item 1 on average', () => {
    const pool = poolOf(by('weights'), uneven, 7)
    expect(pool.positions).toHaveLength(5100)
    expect([...pool.positions.subarray(0, 3)]).toEqual([0, 1, 2])
    const weights = [...pool.weights!]
    expect(weights.reduce((sum, weight) => sum + weight) / weights.length).toBeCloseTo(1, 6)
    expect(weights[0]).toBeCloseTo(5100 / 2 / 5000, 6)
    expect(weights[4000]).toBeCloseTo(5100 / 2 / 100, 5)
    expect(rareShare(pool)).toBeCloseTo(0.5, 1)
  })

  it('are the same choice for the same seed, and another for another', () => {
    const removed = (seed: number) => [...poolOf(by('remove'), uneven, seed).positions]
    expect(removed(7)).toEqual(removed(7))
    expect(removed(8)).not.toEqual(removed(7))
  })

  it('repeat so that no item comes twice more than another where it does not come out even', () => {
    const odd = tagged(['a', 'b'], [...times(10, ['a']), ...times(4, ['b'])])
    const { positions } = poolOf({ by: 'repeat', tags: ['a', 'b'] }, odd, 1)
    const counts = [10, 11, 12, 13].map((item) => positions.filter((position) => position === item).length)
    expect(counts.sort()).toEqual([2, 2, 3, 3])
  })
})

describe('classes', () => {
  const faces = tagged(
    ['glasses', 'hair-black', 'hair-brown', 'hair-red', 'smile'],
    [
      ...times(6, ['hair-black', 'smile']),
      ...times(3, ['hair-brown', 'smile', 'glasses']),
      ...times(1, ['hair-red']),
      ...times(2, ['smile']),
    ],
  )

  it('are found where no item has two tags of a group; what has none is a class of its own', () => {
    const { groups, dividing, tags, classes } = countClasses(null, faces)
    expect(groups).toEqual([['hair-black', 'hair-brown', 'hair-red']])
    expect(dividing).toEqual(faces.names)
    expect(tags).toEqual(groups[0])
    expect(classes.map(({ tags, items }) => [tags.join(), items])).toEqual([
      ['hair-black', 6],
      ['hair-brown', 3],
      ['hair-red', 1],
      ['', 2],
    ])
    expect(classes.map(({ remove, repeat, weight }) => [remove, repeat, weight])).toEqual([
      [1, 6, 0.5],
      [1, 6, 1],
      [1, 6, 3],
      [1, 6, 1.5],
    ])
  })

  it('of single tags are those with it and those without, of several every combination there is', () => {
    const counted = (tags: string[]) => countClasses(tags, faces).classes.map(({ tags, items }) => [tags.join('+'), items])
    expect(counted(['smile'])).toEqual([
      ['smile', 11],
      ['', 1],
    ])
    expect(counted(['smile', 'glasses'])).toEqual([
      ['smile+glasses', 3],
      ['smile', 8],
      ['', 1],
    ])
  })

  it('are the folders of an import, whatever they are called', () => {
    const folders = tagged(['black-cat', 'black-dog', 'white-cat'], [['black-cat'], ['black-dog'], ['white-cat'], ['black-cat']])
    expect(countClasses(null, folders).groups).toEqual([['black-cat', 'black-dog', 'white-cat']])
  })

  it('are none without tags', () => {
    expect(countClasses(null, tagged([], times(9, [])))).toMatchObject({ groups: [], dividing: [], tags: [] })
  })

  it.each([
    ['a tag that no picture has', faces, ['mouse'], 'no picture of this version has the tag “mouse”'],
    ['tags that divide nothing', tagged(['thing'], times(9, ['thing'])), ['thing'], 'all pictures are of one class'],
    ['too few pictures left', faces, ['glasses', 'smile'], 'only 3 pictures would be left: the rarest class has 1'],
  ])('are refused with %s', (_, data, tags, reason) => {
    expect(() => poolOf({ by: 'remove', tags }, data, 1)).toThrow(expect.objectContaining({ code: 'settings-wrong' }))
    expect(() => poolOf({ by: 'remove', tags }, data, 1)).toThrow(reason)
  })
})

describe('a training', () => {
  let folder: string
  let version: string
  let program: string
  beforeAll(async () => {
    folder = room()
    program = await buildProgram('src/trainer/feed-worker.ts', join(folder, 'program'))
    const data = Uint8Array.from({ length: 44 * 16 }, (_, i) => (i * 37) % 256)
    const rows = Uint8Array.from({ length: 88 }, (_, i) => Number((Math.floor(i / 2) % 5 === 0) === (i % 2 === 1)))
    const shape = { items: 44, train: 40, height: 4, width: 4, channels: 1 }
    version = writePack(join(folder, 'version'), shape, data, ['common', 'rare'], rows)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const recipe = tinyRecipe(({ both, one }) => oneStage({ ...both, repeat: 2 }, one))

  it.each(['weights', 'remove', 'repeat'] as const)('resumes exactly by %s, with pictures varied and a feed', async (way) => {
    const more = { balance: by(way), augment: ['flip' as const, 'rotate' as const, 'light' as const] }
    const [whole, broken] = [`whole-${way}`, `broken-${way}`].map((name) => specOf(join(folder, name), version, more))
    const expected = await trainHere(whole!, recipe)
    const first = await trainHere(broken!, recipe, { pauseAt: 7, feedProgram: program })
    const second = await trainHere({ ...broken!, resumeFrom: checkpoint(broken!.folder, 7) }, recipe, { feedProgram: program })
    expect(stateHash(broken!.folder, 20)).toBe(stateHash(whole!.folder, 20))
    expect(numbersOf([...first.rows, ...second.rows])).toEqual(numbersOf(expected.rows))
  })

  it('counts epochs of what it draws from: 16 pictures by removing, 64 by repeating', async () => {
    const epochs = async (balance: Balance | null) => {
      const spec = specOf(join(folder, `epochs-${balance?.by}`), version, {
        balance,
        stop: { by: 'epochs', epochs: 6 },
        training: { batchSize: 8 },
      })
      return (
        await trainHere(
          spec,
          tinyRecipe(({ one }) => oneStage(one)),
        )
      ).step
    }
    expect([await epochs(null), await epochs(by('remove')), await epochs(by('repeat'))]).toEqual([30, 12, 48])
  })

  it('weighs each item’s loss, and the held-out ones alike', async () => {
    const seen = { trained: new Set<string>(), heldOut: new Set<string>() }
    const watching = tinyRecipe(({ one }) =>
      oneStage({
        ...one,
        loss: (input) => {
          const loss = one.loss(input)
          const count = input.x.shape[0]
          // A loss of 1 for the first item alone is its weight's share in the batch.
          const firstAlone = input.x.flatten().slice(0, count).mul(0).add(1)
          const share = input.average(firstAlone).dataSync()[0]!
          seen[count === 5 ? 'trained' : 'heldOut'].add(share.toFixed(4))
          return loss
        },
      }),
    )
    const spec = specOf(join(folder, 'weighed'), version, { balance: by('weights'), stop: { by: 'converged' } })
    await trainHere(spec, watching, { stopAt: 55 })
    // Of a batch of 5: a common item counts 0.625, a rare one 2.5.
    const sums = Array.from({ length: 6 }, (_, rare) => (((5 - rare) * 0.625 + rare * 2.5) / 5).toFixed(4))
    for (const share of seen.trained) expect(sums).toContain(share)
    expect(seen.trained.size).toBeGreaterThan(2)
    expect([...seen.heldOut]).toEqual(['1.0000'])
  })
})
