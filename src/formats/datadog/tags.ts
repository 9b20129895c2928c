import { DATADOG_TAGS_MAX } from '../../limits/limits'

/**
 * Tags as Datadog writes them, `env:prod,version:1.2,canary`, as the text of an object: each tag is a field of its own name, one
 * without a value is true, and one that is there twice is there twice. Undefined when there is none.
 */
export function tagsText(ddtags: string): string | undefined {
  const members = ddtags
    .split(',', DATADOG_TAGS_MAX)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .map(tagMember)
  return members.length === 0 ? undefined : `{${members.join(',')}}`
}

function tagMember(tag: string): string {
  const colon = tag.indexOf(':')
  if (colon <= 0) return `${JSON.stringify(tag)}:true`
  return `${JSON.stringify(tag.slice(0, colon))}:${JSON.stringify(tag.slice(colon + 1))}`
}
