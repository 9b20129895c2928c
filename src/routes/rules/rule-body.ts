import * as z from 'zod'
import {
  ADMIN_PAGE_DEFAULT,
  ADMIN_PAGE_MAX,
  INCIDENT_NOTE_CHARACTERS_MAX,
  INCIDENTS_PAGE_MAX,
} from '../../limits/limits'
import { RuleDraft, RuleId } from '../../rules/rule'

/** The parameter of what is only to be tried. */
export const DryRunQuery = z.strictObject({
  dry_run: z
    .enum(['true', 'false'])
    .default('false')
    .meta({
      description: 'true checks everything, answers what would be kept, and keeps nothing.',
      examples: ['true'],
    }),
})

/** A merge patch of a rule: members of the rule as it is written, or null. */
export const RulePatch = z
  .record(z.string(), z.unknown())
  .refine((patch) => Object.keys(patch).length > 0, { error: 'it changes nothing' })
  .meta({ description: 'Members of the rule; nested ones are merged, lists are put as a whole, null takes one away.' })

/** The parameters of GET /integration/rules. */
export const RuleListQuery = z.strictObject({
  kind: z
    .enum(['trigger', 'record'])
    .optional()
    .meta({ description: 'Only rules of this kind.', examples: ['trigger'] }),
  enabled: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only rules that are on, or off.', examples: ['true'] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(ADMIN_PAGE_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: 'Rules on a page.', examples: [10] }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before.' }),
})

const time = z.string().max(64).optional()

/** The body of POST /integration/rules/test: a rule of the tenant by its id, or one that is not kept, and a range. */
export const RuleTest = z
  .strictObject({
    id: RuleId.optional().meta({ description: 'A rule of the tenant.' }),
    rule: RuleDraft.optional().meta({ description: 'Or a rule as it would be written.' }),
    from: time.meta({
      description: 'The oldest time of records, as in a search. A day before `to` when it is left out.',
    }),
    to: time.meta({ description: 'The newest time of records. Now when it is left out.' }),
  })
  .refine(({ id, rule }) => (id === undefined) !== (rule === undefined), { error: 'it names either an id or a rule' })

/** The parameters of GET /integration/incidents. */
export const IncidentListQuery = z.strictObject({
  rule: RuleId.optional().meta({ description: 'Only those of this rule.', examples: ['rul_critical_error'] }),
  state: z
    .enum(['open', 'acknowledged', 'resolved'])
    .optional()
    .meta({ description: 'Only those in this state.', examples: ['open'] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(INCIDENTS_PAGE_MAX)
    .default(ADMIN_PAGE_DEFAULT)
    .meta({ description: 'Incidents on a page.', examples: [10] }),
  cursor: z.string().optional().meta({ description: 'next_cursor of the page before.' }),
})

/** The body of what is done to an incident. It may be left out. */
export const IncidentNote = z.strictObject({
  note: z
    .string()
    .min(1)
    .max(INCIDENT_NOTE_CHARACTERS_MAX)
    .optional()
    .meta({ description: 'For whoever reads it later.' }),
})
