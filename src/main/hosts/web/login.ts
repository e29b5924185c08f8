/**
 * The door: a page that trades the code of its address for a session, and one for who comes without. Both stand by themselves,
 * so nothing of the studio is sent to a stranger.
 */
const words = {
  en: {
    title: 'Latent Studio',
    wait: 'Opening the studio …',
    closed: 'This studio is locked. Open the address that the terminal printed; press Enter there for a fresh one.',
    used: 'This address has been used, or is older than a minute. Press Enter in the terminal for a fresh one.',
  },
  'zh-CN': {
    title: 'Latent Studio',
    wait: '正在打开工作室……',
    closed: '工作室已锁定。请打开终端里显示的网址；在终端里按回车键可以得到新的网址。',
    used: '这个网址已经用过，或者已超过一分钟。请在终端里按回车键获取新的网址。',
  },
}

const locale = (accept: string | undefined): keyof typeof words => (/^\s*zh\b/i.test(accept ?? '') ? 'zh-CN' : 'en')

/** `locked`: for a visitor without a session; else the page that logs in. */
export function loginPage(accept: string | undefined, locked: boolean): string {
  const lang = locale(accept)
  const { title, wait, closed, used } = words[lang]
  return `<!doctype html>
<html lang="${lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/login.css">
<main>
<h1>${title}</h1>
<p role="status">${locked ? closed : wait}</p>
${locked ? '' : `<p role="alert" hidden>${used}</p>\n<script type="module" src="/login.js"></script>`}
</main>
</html>
`
}

/** The code leaves the address, and so the history, before anything else happens. */
export const LOGIN_SCRIPT = `const code = location.hash.slice(1)
history.replaceState(null, '', '/login')
const answer = await fetch('/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code }) }).catch(() => null)
if (answer?.ok) location.replace('/')
else {
  document.querySelector('[role=status]').hidden = true
  document.querySelector('[role=alert]').hidden = false
}
`

export const LOGIN_STYLE = `:root { color-scheme: dark light }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.6 system-ui, sans-serif; background: #101216; color: #e8eaed }
main { max-width: 30rem; padding: 2rem }
h1 { font-size: 1.25rem; font-weight: 600 }
@media (prefers-color-scheme: light) { body { background: #f6f6f4; color: #1b1d21 } }
`
