import { expect, it } from 'vitest'
import { parseDomainName } from '../../src/domains/domain-name'
import { ACCEPTED, digestOfNames, NAMES_DIGEST, REFUSED, SERVICE_HOSTS } from '../support/host-names'

it('workerd brings names into the same spelling as Node, and refuses the same ones', () => {
  for (const [text, name] of ACCEPTED)
    expect(parseDomainName(text, SERVICE_HOSTS), text).toMatchObject({ domain: { name } })
  for (const [text, fault] of REFUSED)
    expect(parseDomainName(text, SERVICE_HOSTS), text.slice(0, 99)).toMatchObject({ fault })
  expect(digestOfNames()).toBe(NAMES_DIGEST)
})
