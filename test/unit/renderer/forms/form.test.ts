// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import type { Rule } from '../../../../src/renderer/forms/rules'
import SchemaForm from '../../../../src/renderer/forms/SchemaForm.vue'
import { i18n } from '../../../../src/renderer/locales'

const text = (en: string, zh = en) => ({ en, 'zh-CN': zh })
const schema = {
  type: 'object',
  properties: {
    size: {
      type: 'integer',
      minimum: 2,
      maximum: 512,
      default: 32,
      title: text('Size', '大小'),
      help: text('How many'),
      level: 'basic',
    },
    network: { enum: ['mlp', 'conv'], default: 'conv', title: text('Network'), level: 'basic' },
    norm: { enum: ['none', 'batch'], default: 'none', title: text('Norm'), level: 'basic' },
    rate: { type: 'number', exclusiveMinimum: 0, default: 0.001, title: text('Rate'), level: 'expert' },
  },
}
const rules: Rule[] = [
  { when: { network: ['mlp'] }, setting: 'norm', allowed: ['none'], reason: text('Only convolutions have channels.') },
]

function form(chosen: Record<string, unknown> = {}, props: object = {}) {
  const model = ref(chosen)
  const valid = ref<boolean | null>(null)
  const wrapper = mount(
    defineComponent(
      () => () =>
        h(TooltipProvider, () =>
          h(SchemaForm, {
            schema,
            rules,
            ...props,
            modelValue: model.value,
            'onUpdate:modelValue': (now: Record<string, unknown>) => (model.value = now),
            onValid: (now: boolean) => (valid.value = now),
          }),
        ),
    ),
    { global: { plugins: [i18n] }, attachTo: document.body },
  )
  return { wrapper, model, valid, field: (key: string) => wrapper.get(`[data-setting=${key}]`) }
}

beforeEach(() => {
  i18n.global.locale.value = 'en'
  document.body.innerHTML = ''
})

describe('SchemaForm', () => {
  it('shows the basic settings and keeps the others behind a drawer', async () => {
    const { wrapper } = form()
    expect(wrapper.findAll('[data-setting]').map((one) => one.attributes('data-setting'))).toEqual(['size', 'network', 'norm'])
    const drawer = wrapper.get('button[aria-expanded]')
    expect(drawer.text()).toBe('For experts (1)')
    await drawer.trigger('click')
    expect(wrapper.findAll('[data-setting]')).toHaveLength(4)
  })

  it('holds only what was chosen, and gives it back with its reset', async () => {
    const { field, model, valid } = form()
    await field('size').get('input[type=text]').setValue('64')
    expect(model.value).toEqual({ size: 64 })
    expect(valid.value).toBe(true)
    await field('size').get('button').trigger('click')
    expect(model.value).toEqual({})
    expect(field('size').get<HTMLInputElement>('input[type=text]').element.value).toBe('32')
    expect(field('size').get('button').attributes('disabled')).toBeDefined()
  })

  it.each([
    ['1', 'At least 2.'],
    ['513', 'At most 512.'],
    ['3.5', 'This should be a whole number.'],
    ['many', 'This should be a number.'],
    ['', 'This needs a value.'],
  ])('names what is wrong with %j, and keeps what was typed', async (typed, said) => {
    const { field, valid } = form()
    const input = field('size').get<HTMLInputElement>('input[type=text]')
    await input.setValue(typed)
    expect(field('size').text()).toContain(said)
    expect(input.element.value).toBe(typed)
    expect(input.attributes('aria-invalid')).toBe('true')
    expect(valid.value).toBe(false)
  })

  it('disables a choice that the rules forbid, and says why', async () => {
    const { field, valid } = form({ network: 'mlp' })
    const [none, batch] = field('norm').findAll<HTMLInputElement>('input[type=radio]')
    expect(none!.element.disabled).toBe(false)
    expect(batch!.element.disabled).toBe(true)
    expect(field('norm').text()).toContain('“Batch” is not possible here: Only convolutions have channels.')
    expect(valid.value).toBe(true)
  })

  it('refuses what became forbidden by another choice, until one of them changes', async () => {
    const { field, valid, model } = form({ norm: 'batch' })
    expect(valid.value).toBe(true)
    await field('network').findAll('input')[0]!.trigger('change')
    expect(model.value).toEqual({ norm: 'batch', network: 'mlp' })
    expect(valid.value).toBe(false)
    expect(field('norm').get('.text-bad').text()).toBe('Only convolutions have channels.')
  })

  it('follows the rules where what they depend on is a default that is told', () => {
    const { field, valid } = form({}, { known: { network: 'mlp' } })
    expect(field('norm').findAll<HTMLInputElement>('input[type=radio]')[1]!.element.disabled).toBe(true)
    expect(field('norm').text()).toContain('Only convolutions have channels.')
    expect(valid.value).toBe(true)
  })

  it('leaves a conflict with a default to who fills the defaults in: it may give way', () => {
    const { field, valid } = form({ norm: 'batch' }, { known: { network: 'mlp' } })
    expect(field('norm').get('.text-bad').text()).toBe('Only convolutions have channels.')
    expect(valid.value).toBe(true)
  })

  it('says no word against a default, whatever the rules say', () => {
    const { field, valid } = form({ network: 'mlp' }, { known: { norm: 'batch' } })
    expect(field('norm').find('.text-bad').exists()).toBe(false)
    expect(valid.value).toBe(true)
  })

  it('disables a number or a switch that the rules leave one value, and says why', async () => {
    const properties = {
      network: schema.properties.network,
      smooth: { type: 'boolean', default: false, title: text('Smooth'), level: 'basic' },
      amount: { type: 'number', minimum: 0, maximum: 1, default: 0, title: text('Amount'), level: 'basic' },
    }
    const only = (setting: string, value: unknown): Rule => ({ when: { network: ['mlp'] }, setting, allowed: [value], reason: text('Not with this.') }) // prettier-ignore
    const { field, model, valid } = form(
      { network: 'mlp' },
      { schema: { properties }, rules: [only('smooth', false), only('amount', 0)] },
    )
    expect(field('smooth').get('[role=switch]').attributes('disabled')).toBeDefined()
    expect(field('amount').get('input[type=text]').attributes('disabled')).toBeDefined()
    for (const key of ['smooth', 'amount']) expect(field(key).text()).toContain('Not with this.')
    await field('network').findAll('input')[1]!.trigger('change')
    expect(model.value).toEqual({ network: 'conv' })
    expect(field('smooth').get('[role=switch]').attributes('disabled')).toBeUndefined()
    expect(field('amount').text()).not.toContain('Not with this.')
    expect(valid.value).toBe(true)
  })

  it('knows better defaults where they are told', () => {
    const { field } = form({}, { known: { size: 16 } })
    expect(field('size').get<HTMLInputElement>('input[type=text]').element.value).toBe('16')
  })

  it('finds a setting by its words in either language, at every level', async () => {
    const found = (filter: string) =>
      form({}, { filter })
        .wrapper.findAll('[data-setting]')
        .map((one) => one.attributes('data-setting'))
    expect(found('rate')).toEqual(['rate'])
    expect(found('大小')).toEqual(['size'])
    expect(found('nothing like it')).toEqual([])
  })

  it('speaks the page’s language', () => {
    i18n.global.locale.value = 'zh-CN'
    expect(form().field('size').get('label').text()).toBe('大小')
  })
})
