import {
  ALNUM,
  BASE64,
  BASE64_URL,
  beginsToken,
  CREDENTIAL,
  countOf,
  DIGIT,
  DOTTED,
  HEX,
  isIn,
  UPPER,
  WORD,
} from './characters'
import type { RedactionKind } from './kinds'
import { type Detector, runEnd, type Scan, type Span } from './scan'
import { TRIGGER_LENGTH, tokenCharacterAfter } from './triggers'

/** A key format that its vendor made recognisable: a fixed beginning, then so many characters of one class. */
interface TokenFormat {
  readonly kind: RedactionKind
  readonly literals: readonly string[]
  readonly body: number
  readonly min: number
  readonly max?: number
  /** Where in the literal the trigger is taken, if its first four characters are common in ordinary text. */
  readonly triggerAt?: number
  /** A last look at the first 128 characters of the body, where the literal alone says too little. */
  readonly accepts?: (body: string) => boolean
}

const BODY_CHARACTERS_CHECKED = 128

const FORMATS: readonly TokenFormat[] = [
  { kind: 'aws_key', literals: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], body: DIGIT | UPPER, min: 16, max: 16 },
  { kind: 'aws_key', literals: ['IQoJb3JpZ2lu', 'FwoGZXIvYXdz'], body: BASE64, min: 80 },
  { kind: 'google_key', literals: ['AIza'], body: BASE64_URL, min: 35, max: 35 },
  { kind: 'google_key', literals: ['GOCSPX-'], body: BASE64_URL, min: 20 },
  { kind: 'google_key', literals: ['ya29.'], body: DOTTED, min: 20 },
  { kind: 'google_key', literals: ['1//0'], body: BASE64_URL, min: 38 },
  { kind: 'github_token', literals: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], body: DOTTED, min: 30 },
  { kind: 'github_token', literals: ['github_pat_'], body: WORD, min: 30, triggerAt: 4 },
  {
    kind: 'gitlab_token',
    literals: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glsoat-', 'glimt-', 'glagent-', 'gloas-'],
    body: DOTTED,
    min: 20,
  },
  { kind: 'slack_token', literals: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-'], body: BASE64_URL, min: 10 },
  { kind: 'slack_token', literals: ['xoxe-', 'xoxe.xox', 'xoxc-', 'xoxd-', 'xapp-'], body: DOTTED, min: 10 },
  {
    kind: 'slack_token',
    literals: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    body: BASE64,
    min: 20,
    triggerAt: 3,
  },
  {
    kind: 'stripe_key',
    literals: ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_', 'whsec_'],
    body: BASE64,
    min: 10,
  },
  { kind: 'openai_key', literals: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-None-'], body: BASE64_URL, min: 20 },
  { kind: 'anthropic_key', literals: ['sk-ant-'], body: BASE64_URL, min: 20 },
  { kind: 'openai_key', literals: ['sk-'], body: BASE64_URL, min: 32, accepts: looksRandom },
  { kind: 'sendgrid_key', literals: ['SG.'], body: DOTTED, min: 60, accepts: hasSendgridParts },
  { kind: 'npm_token', literals: ['npm_'], body: ALNUM, min: 36, max: 36 },
  { kind: 'pypi_token', literals: ['pypi-AgE'], body: BASE64_URL, min: 50 },
  { kind: 'shopify_token', literals: ['shpat_', 'shpca_', 'shppa_', 'shpss_'], body: HEX, min: 32, max: 32 },
  { kind: 'square_token', literals: ['sq0atp-', 'sq0csp-', 'sq0idp-'], body: BASE64_URL, min: 22 },
  { kind: 'square_token', literals: ['EAAA'], body: BASE64_URL, min: 56, max: 60 },
  { kind: 'mailgun_key', literals: ['key-'], body: HEX, min: 32, max: 32 },
  {
    kind: 'digitalocean_token',
    literals: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    body: HEX,
    min: 64,
    max: 64,
    triggerAt: 1,
  },
  { kind: 'databricks_token', literals: ['dapi'], body: HEX, min: 32, max: 32 },
  { kind: 'cloudflare_key', literals: ['cfk_', 'cfut_', 'cfat_'], body: BASE64_URL, min: 40 },
  { kind: 'cloudflare_key', literals: ['v1.0-'], body: HEX | BASE64_URL, min: 150 },
  { kind: 'heroku_key', literals: ['HRKU-'], body: BASE64_URL, min: 36 },
  { kind: 'vault_token', literals: ['hvs.', 'hvb.', 'hvr.'], body: BASE64_URL, min: 24 },
  { kind: 'age_key', literals: ['AGE-SECRET-KEY-1'], body: DIGIT | UPPER, min: 50, triggerAt: 4 },
  {
    kind: 'sluice_key',
    literals: ['slc_ing_', 'slc_rd_', 'slc_adm_', 'slc_pub_', 'slc_op_'],
    body: BASE64_URL,
    min: 12,
  },
  { kind: 'api_key', literals: ['hf_'], body: ALNUM, min: 34, max: 40 },
  { kind: 'api_key', literals: ['glsa_', 'gsk_', 'pnu_', 'nfp_', 'sbp_', 'ntn_', 'npat_'], body: WORD, min: 32 },
  { kind: 'api_key', literals: ['xai-', 'pplx-', 'pul-', 'LTAI'], body: ALNUM, min: 20, accepts: looksRandom },
  {
    kind: 'api_key',
    literals: ['lin_api_', 'lin_oauth_', 'dckr_pat_', 'dckr_oat_', 'figd_', 'rdme_'],
    body: BASE64_URL,
    min: 20,
  },
  { kind: 'api_key', literals: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], body: DOTTED, min: 30 },
  { kind: 'api_key', literals: ['PMAK-', 'NRAK-', 'xkeysib-', 'tskey-'], body: BASE64_URL, min: 20 },
  { kind: 'api_key', literals: ['sntrys_', 'sntryu_', 'ops_eyJ', 'fm2_', 'fo1_', 'ATATT3'], body: CREDENTIAL, min: 40 },
  { kind: 'api_key', literals: ['dt0c01.', 'dp.pt.', 'dp.st.', 'dp.sa.'], body: DOTTED, min: 40 },
  { kind: 'api_key', literals: ['rubygems_', 'shippo_live_', 'shippo_test_'], body: HEX, min: 40 },
  {
    kind: 'api_key',
    literals: ['duffel_live_', 'duffel_test_', 'FLWSECK_TEST-', 'FLWSECK-'],
    body: BASE64_URL,
    min: 12,
  },
  { kind: 'api_key', literals: ['CLOJARS_'], body: ALNUM, min: 60, max: 60 },
  { kind: 'api_key', literals: ['AKCp'], body: ALNUM, min: 69, max: 69 },
  { kind: 'api_key', literals: ['EZAK', 'EZTK'], body: ALNUM, min: 54, max: 54 },
]

/** One detector for each format that vendors made recognisable. */
export const TOKEN_FORMATS: readonly Detector[] = FORMATS.flatMap((format) =>
  format.literals.map((literal) => tokenDetector(format, literal)),
)

function tokenDetector(format: TokenFormat, literal: string): Detector {
  const triggerAt = format.triggerAt ?? 0
  const trigger = literal.slice(triggerAt, triggerAt + TRIGGER_LENGTH)
  return {
    kinds: [format.kind],
    triggers: trigger.length === TRIGGER_LENGTH ? [trigger] : tokenCharacterAfter(trigger),
    find: (scan, at) => findToken(scan, at - triggerAt, literal, format),
  }
}

function findToken(scan: Scan, start: number, literal: string, format: TokenFormat): Span | undefined {
  const { text } = scan
  if (start < 0 || !text.startsWith(literal, start)) return undefined
  const inUrl = literal.includes('/')
  if (!inUrl && !beginsToken(text, start)) return undefined
  const body = start + literal.length
  const end = withoutTrailingDot(text, runEnd(scan, format.body, body))
  if (end - body < format.min || end - body > (format.max ?? Number.POSITIVE_INFINITY)) return undefined
  if (format.max !== undefined && isIn(WORD, text.charCodeAt(end))) return undefined
  if (format.accepts?.(text.slice(body, Math.min(end, body + BODY_CHARACTERS_CHECKED))) === false) return undefined
  return { start: inUrl ? body : start, end, kind: format.kind }
}

const withoutTrailingDot = (text: string, end: number): number => (text.charAt(end - 1) === '.' ? end - 1 : end)

function looksRandom(body: string): boolean {
  const digits = countOf(body, DIGIT, 0, body.length)
  return digits >= 3 && digits < body.length
}

function hasSendgridParts(body: string): boolean {
  const dot = body.indexOf('.')
  return dot >= 16 && dot <= 32
}
