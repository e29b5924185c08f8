import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useExplore } from '../../../../src/renderer/stores/explore'
import { latentOf } from '../../../support/faces'
import { runOf, type World } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const soon = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms))
let world: World
const calls = (name: string) => world.calls.filter((call) => call.name === `explore.${name}`)

async function open(id = 'r1') {
  const explore = useExplore()
  await explore.open(world.runs.get(id)!)
  await soon()
  return explore
}

beforeEach(async () => {
  const { fakeStudio } = await import('../../../support/fake-studio')
  const made = fakeStudio()
  fake.studio = made.studio
  world = made.world
  world.runs.set('r1', runOf({ step: 100, status: 'finished' }))
  world.runs.set('r2', runOf({ id: 'r2', step: 50, status: 'finished' }))
  setActivePinia(createPinia())
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 1))
  vi.stubGlobal('fetch', async () => new Response(new Float32Array(4000)))
})
afterEach(() => vi.unstubAllGlobals())

describe('the explorer', () => {
  it('opens a run at the average of its items, with a picture there', async () => {
    const explore = await open()
    expect(explore.map?.count).toBe(2000)
    expect(explore.points).toHaveLength(4000)
    expect(explore.place).toEqual([0, 0])
    expect(explore.picture?.count).toBe(1)
    expect(explore.principal).toHaveLength(8)
    expect(explore.tagged.map((one) => one.name)).toEqual(['smile', 'glasses'])
  })

  it('asks for one picture at a time and always ends with the newest place', async () => {
    const explore = await open()
    world.slow = 15
    const before = calls('decode').length
    for (let i = 1; i <= 50; i++) explore.setStrength(explore.principal[0]!, i / 25)
    await soon(120)
    const asked = calls('decode').slice(before)
    expect(asked.length).toBeLessThanOrEqual(2)
    expect((asked.at(-1)!.input as { latents: number[][] }).latents[0]![0]).toBeCloseTo(2)
    expect(explore.strength(explore.principal[0]!)).toBeCloseTo(2)
  })

  it('undoes one drag as one move', async () => {
    const explore = await open()
    const direction = explore.principal[1]!
    for (let i = 1; i <= 20; i++) explore.setStrength(direction, i / 10)
    explore.settle()
    explore.walk(1, 1)
    explore.undo()
    expect(explore.strength(direction)).toBeCloseTo(2)
    explore.undo()
    expect(explore.strength(direction)).toBeCloseTo(0)
    expect(explore.canUndo).toBe(false)
    explore.redo()
    expect(explore.strength(direction)).toBeCloseTo(2)
  })

  it('goes to an item’s own latent, which is more than its place on the map', async () => {
    const explore = await open()
    await explore.pickItem('i7')
    expect(explore.latent).toEqual(latentOf(7))
    expect(explore.origin).toBe('i7')
    explore.walk(0, 0)
    expect(explore.origin).toBeNull()
    await explore.pickItem('i7')
    expect(calls('encode')).toHaveLength(1)
  })

  it('finds the neighbours of a place where it rests', async () => {
    const explore = await open()
    await explore.pickItem('i3')
    await soon(300)
    expect(explore.nearest.map((one) => one.item)[0]).toBe('i3')
    expect(explore.nearest).toHaveLength(4)
  })

  it('morphs from A to B along the way that main gave', async () => {
    const explore = await open()
    await explore.setEnd('a', 'i1')
    expect(explore.way).toBeNull()
    await explore.setEnd('b', 'i2')
    expect(explore.way?.pictures.count).toBe(9)
    expect(explore.latent).toEqual(latentOf(1))
    explore.morphTo(1)
    expect(explore.latent).toEqual(explore.way!.stops[8])
    expect(explore.latent![3]).toBeCloseTo(latentOf(2)[3]!)
    explore.morphTo(0.5)
    expect(explore.latent![0]).toBeCloseTo((latentOf(1)[0]! + latentOf(2)[0]!) / 2)
    expect(calls('morph')[0]!.input).toMatchObject({ steps: 9, spherical: false })
  })

  it('shows nothing of a run that was left', async () => {
    const explore = await open()
    world.slow = 60
    explore.walk(2, 2)
    await soon(5)
    await open('r2')
    await soon(150)
    expect(explore.run?.id).toBe('r2')
    expect(explore.latent!.every((value) => value === 0)).toBe(true)
    expect(explore.canUndo).toBe(false)
  })

  it('keeps an error for the room to show', async () => {
    vi.stubGlobal('fetch', async () => new Response('', { status: 404 }))
    const explore = useExplore()
    await explore.open(world.runs.get('r1')!)
    expect(explore.error).toMatchObject({ code: 'not-found' })
    expect(explore.mapJob).toBeNull()
  })
})
