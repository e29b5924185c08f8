/** Thumbnails for canvases: fetched once, kept while they are likely to be needed again. */
export class Thumbnails {
  private readonly images = new Map<string, HTMLImageElement>()

  /** `arrived` is called whenever one more can be drawn. */
  constructor(
    private readonly arrived: () => void,
    private readonly most = 400,
  ) {}

  /** The picture of an item when it is here, else null, and it is on its way. */
  get(item: string): HTMLImageElement | null {
    let image = this.images.get(item)
    if (image) {
      // Newest last, so that the oldest goes first.
      this.images.delete(item)
      this.images.set(item, image)
      return image.complete && image.naturalWidth > 0 ? image : null
    }
    image = new Image()
    image.decoding = 'async'
    image.onload = this.arrived
    image.src = thumbnailUrl(item)
    this.images.set(item, image)
    if (this.images.size > this.most) this.images.delete(this.images.keys().next().value!)
    return null
  }

  clear(): void {
    for (const image of this.images.values()) image.onload = null
    this.images.clear()
  }
}

export const thumbnailUrl = (item: string): string => `/media/thumb/${item}`
