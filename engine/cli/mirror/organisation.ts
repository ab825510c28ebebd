/**
 * `mirror add-org`: follows the repositories of an organisation. Nothing of a new one becomes
 * active before somebody approves it, and one that is no longer listed is left as it is.
 */
import { IonError } from '#engine/core/error.ts'
import { exits } from '#engine/cli/exit.ts'
import { printJson } from '#engine/cli/output.ts'
import { dataDirOf, type PlaceValues } from '#engine/cli/place.ts'
import type { Terminal } from '#engine/cli/terminal.ts'
import { addOrganisation } from '#engine/host/mirror/organisation.ts'
import { apiUrlOf } from '#engine/host/repository/forge.ts'

export interface OrganisationValues extends PlaceValues {
  /** `github.com/acme` */
  readonly place: string
  readonly topic?: string
  readonly forge?: string
  /** The secret that the API and the repositories' host are sent. */
  readonly token?: string
  readonly maxCaps?: readonly string[]
  readonly json?: boolean
}

export async function addOrg(terminal: Terminal, values: OrganisationValues): Promise<number> {
  const { place, topic, forge, token, maxCaps } = values
  const [, host = '', organisation = ''] =
    /^(?:https:\/\/)?([^/\s]+)\/([\w.-]{1,100})\/?$/.exec(place) ?? []
  if (organisation === '')
    throw new IonError('CLI_USAGE', `"${place}" is no organisation; write HOST/ORGANISATION.`)
  if (token === undefined) {
    const message = 'A forge lists repositories to those it knows: give --token NAME, a secret.'
    throw new IonError('CLI_USAGE', message)
  }
  const added = await addOrganisation(dataDirOf(values), {
    apiUrl: forge ?? apiUrlOf(host),
    host,
    organisation,
    topic,
    tokenSecret: token,
    maxCaps,
  })
  if (values.json === true) printJson(terminal, { ...added })
  else {
    for (const name of added.added) terminal.data(`+ ${name}\n`)
    const { known, archived } = added
    terminal.note(
      `${added.added.length} added, ${known} were known, ${archived} archived ones left out. ` +
        'Nothing of them is active yet: `ionflux watch` says what waits for approval.',
    )
  }
  return exits.done
}
