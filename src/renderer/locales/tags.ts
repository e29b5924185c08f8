import { useI18n } from 'vue-i18n'

/** A tag as the person's language calls it. Only the tags of our own sample are known; all others are the person's own words. */
export function useTagName(): (tag: string) => string {
  const { t, te } = useI18n()
  return (tag) => (te(`data.tagNames.${tag}`) ? t(`data.tagNames.${tag}`) : tag)
}
