/** tfjs's WebGPU backend, which says what became of the device, uploads within the queue, and keeps what the host knows. */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { util, type BackendValues, type DataType } from '@tensorflow/tfjs-core'

const BYTES = 4

export class Backend extends WebGPUBackend {
  /** The first thing that went wrong on the device; everything computed after it is void. */
  #failure: Error | null = null

  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    super(device, info)
    device.addEventListener('uncapturederror', (event) => this.#fail(event.error))
    void device.lost.then(({ message }) => (this.#failure ??= new Error(`the graphics device was lost: ${message}`)))
  }

  #fail(error: GPUError): void {
    const what = error instanceof GPUOutOfMemoryError ? 'the graphics device is out of memory' : 'the graphics device refused'
    this.#failure ??= new Error(`${what}: ${error.message.split('\n')[0]}`)
  }

  #check(): void {
    if (this.#failure) throw new Error(this.#failure.message, { cause: this.#failure })
  }

  /**
   * The base class maps a new buffer for every number that goes up, and forgets the numbers. A write into a free buffer lies behind
   * all submitted work that used it, and nothing that waits uses it; and what the host knows it can read without the device.
   */
  override uploadToGPU(dataId: object): void {
    this.#check()
    const data = this.tensorMap.get(dataId)
    if (data.resource) return
    const bytes = BYTES * util.sizeFromShape(data.shape)
    const most = this.device.limits.maxStorageBufferBindingSize
    if (bytes > most)
      throw new Error(`out of memory: a tensor of ${bytes} bytes, where the graphics device takes ${most} at once`)
    const buffer = this.bufferManager.acquireBuffer(
      // A buffer of nothing cannot be bound.
      Math.max(bytes, BYTES),
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    )
    if (bytes > 0 && data.values) this.queue.writeBuffer(buffer, 0, asWords(data.values, data.dtype))
    data.resource = buffer
  }

  override async read(dataId: object): Promise<BackendValues> {
    this.#check()
    const values = await super.read(dataId).catch(async (error: unknown) => {
      // The device's own word comes a moment after the broken promise.
      await new Promise((resume) => setImmediate(resume))
      this.#check()
      throw new Error(`the graphics device did not answer: ${(error as Error).message}`, { cause: error })
    })
    this.#check()
    return values
  }

  override readSync(dataId: object): BackendValues {
    const { values } = this.tensorMap.get(dataId)
    if (!values) throw new Error('WebGPU reads tensors only asynchronously: await `data()`')
    return values
  }
}

/** Every number takes 32 bits there, truth values too. */
function asWords(values: BackendValues, dtype: DataType): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const Words = dtype === 'float32' ? Float32Array : Int32Array
  return values instanceof Words ? (values as Float32Array<ArrayBuffer>) : Words.from(values as ArrayLike<number>)
}
