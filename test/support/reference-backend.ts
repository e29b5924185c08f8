/** The definitions of the kernels as a tfjs backend, `reference`: a whole training step in double precision. */
import * as tf from '@tensorflow/tfjs-core'
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core'
import { registerGradients } from '../../src/engines/gradients'
import { references, type Doubles } from './references'

type DataId = object
type Values = Parameters<tf.KernelBackend['write']>[0]

class ReferenceBackend extends tf.KernelBackend {
  private readonly data = new Map<DataId, { values: Float64Array; references: number }>()

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }
  override move(dataId: DataId, values: Values, _shape: number[], _dtype: DataType, count: number): void {
    this.data.set(dataId, { values: Float64Array.from(values as ArrayLike<number>), references: count })
  }
  // Whoever reads gets double precision; tfjs passes it on as it is.
  override readSync(dataId: DataId): never {
    return this.data.get(dataId)!.values as never
  }
  override read(dataId: DataId): Promise<never> {
    return Promise.resolve(this.readSync(dataId))
  }
  override disposeData(dataId: DataId, force = false): boolean {
    const held = this.data.get(dataId)
    if (held && --held.references > 0 && !force) return false
    this.data.delete(dataId)
    return true
  }
  override incRef(dataId: DataId): void {
    this.data.get(dataId)!.references++
  }
  override refCount(dataId: DataId): number {
    return this.data.get(dataId)?.references ?? 0
  }
  override numDataIds(): number {
    return this.data.size
  }
  override floatPrecision(): 32 {
    return 32
  }
  override epsilon(): number {
    return 1e-7
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }
  override timerAvailable(): boolean {
    return false
  }
}

/** Kernels that give a list, however many there are in it. */
const LISTS = ['SplitV', 'TopK', 'Unpack']

export function registerReference(): void {
  registerGradients()
  tf.registerBackend('reference', () => new ReferenceBackend(), 0)
  for (const [kernelName, reference] of Object.entries(references)) {
    const kernelFunc = ({ inputs, attrs, backend }: { inputs: object; attrs?: object; backend: unknown }) => {
      const store = backend as ReferenceBackend
      const given = Object.entries(inputs as Record<string, TensorInfo>).map(([name, { dataId, shape, dtype }]) => {
        const doubles: Doubles = { shape, dtype: dtype as 'float32', values: store.readSync(dataId) }
        return [name, doubles] as const
      })
      const made = reference(Object.fromEntries(given), { ...attrs }).map(({ shape, dtype, values }) => {
        return { dataId: store.write(values as unknown as Values, shape, dtype), shape, dtype }
      })
      return LISTS.includes(kernelName) ? made : made[0]!
    }
    tf.registerKernel({ kernelName, backendName: 'reference', kernelFunc })
  }
}
