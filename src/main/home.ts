/** Where the studio keeps what is no project: preferences, the list of projects, installed engines, logs. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `$LATENT_STUDIO_HOME`, or the platform's folder for the data of programs. */
export function studioHome(): string {
  const chosen = process.env.LATENT_STUDIO_HOME
  if (chosen) return chosen
  if (process.platform === 'win32') return join(process.env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Latent Studio')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Latent Studio')
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'latent-studio')
}
