import { useEffect } from 'preact/hooks'
import { tinykeys } from 'tinykeys'
import { firstBuild, isReachable, isSignedOut, serverBuild } from './api/ask'
import { may, readSession, session, signIn, signOut } from './api/session'
import { said } from './controls/copy'
import { Notice } from './controls/notice'
import { Explore } from './explore/explore'
import { lazy, Suspense } from './explore/lazy-part'
import { isTyping } from './explore/shortcuts'
import { followLinks, go, named, place, screenPath } from './location'
import { operatorKey } from './operator-key'
import { openHelp, openPalette, overlay } from './palette/overlay'
import { SCREENS, type Screen } from './screens/screens'
import { printedKey, SignIn } from './sign-in'
import { nextTheme, theme } from './theme'
import { durationText } from './time/clock'
import { clockOffsetMs } from './time/now'

/** The page. Whatever is not Explore is fetched when somebody goes there. */
export function App() {
  useEffect(askWhoAgain, [])
  useEffect(() => {
    document.addEventListener('click', followLinks)
    const unbind = tinykeys(window, {
      '$mod+k': (event) => {
        event.preventDefault()
        openPalette()
      },
      'Shift+?': (event) => {
        if (!isTyping(event)) openHelp()
      },
    })
    return () => {
      document.removeEventListener('click', followLinks)
      unbind()
    }
  }, [])
  const who = session.value
  if (who === undefined) return isReachable.value ? null : <Unreachable />
  if (operatorKey.value !== undefined) return <Suspense part={OperatorScreen} props={{}} />
  if (who === null) return <SignIn />
  if (named.value === undefined) {
    go(screenPath(who.tenant, 'explore', place.value.parameters), { replace: true })
    return null
  }
  return (
    <>
      <a class="skip" href="#results">
        Skip to the results
      </a>
      <Header tenant={who.tenant} />
      <Bars />
      {named.value.tenant === who.tenant ? <CurrentScreen /> : <OtherTenant own={who.tenant} />}
      {isSignedOut.value ? (
        <dialog open class="sign-in-again" aria-label="Sign in again">
          <SignIn isAgain />
        </dialog>
      ) : null}
      <Overlay />
      <p class="said" role="status" aria-live="polite">
        {said.value}
      </p>
    </>
  )
}

function CurrentScreen() {
  const { screen, rest } = named.value ?? { screen: 'explore', rest: [] }
  if (screen === 'explore') return <Explore />
  const found = SCREENS.find(({ name }) => name === screen)
  if (found === undefined)
    return (
      <main id="results">
        <Notice title="There is no such page" />
      </main>
    )
  if (found.scope !== undefined && !may(found.scope))
    return (
      <main id="results">
        <Notice
          title="Not for these credentials"
          detail={`This page needs the scope ${found.scope}.`}
          hint="An owner or admin of the tenant can give a key or a member more."
        />
      </main>
    )
  return (
    <main id="results" class="screen">
      <Suspense key={found.name} part={found.part} props={{ rest }} />
    </main>
  )
}

/** The link is of one tenant and the session of another: nothing is mixed up, and nothing is told of either. */
function OtherTenant({ own }: { readonly own: string }) {
  return (
    <main id="results">
      <Notice
        title={`This link is for “${named.value?.tenant}”`}
        detail={`You are signed in to “${own}”. A browser is signed in to one tenant at a time on each address.`}
      >
        <a class="button" href={`/app${screenPath(own, 'explore')}`}>
          Stay in {own}
        </a>
        <button type="button" onClick={() => void signOut()}>
          Sign in to the other
        </button>
      </Notice>
    </main>
  )
}

function Header({ tenant }: { readonly tenant: string }) {
  const current = named.value?.screen
  const shown = SCREENS.filter(({ label, scope }: Screen) => label !== undefined && (scope === undefined || may(scope)))
  return (
    <header class="page-header">
      <a class="brand" href={`/app${screenPath(tenant, 'explore')}`}>
        Sluice
      </a>
      <span class="tenant" title="Tenant">
        {tenant}
      </span>
      <nav aria-label="Pages">
        <a href={`/app${screenPath(tenant, 'explore')}`} aria-current={current === 'explore' ? 'page' : undefined}>
          Explore
        </a>
        {shown.map(({ name, label }) => (
          <a key={name} href={`/app${screenPath(tenant, name)}`} aria-current={current === name ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <button type="button" class="palette-button" onClick={openPalette} title="Commands (Ctrl K)">
        ⌘K
      </button>
      <button
        type="button"
        onClick={nextTheme}
        title="Light, dark, or as the system"
        aria-label={`Theme: ${theme.value}`}
      >
        ◐
      </button>
      <button type="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </header>
  )
}

const PaletteDialog = lazy(() => import('./palette/palette').then(({ Palette }) => Palette))
const HelpDialog = lazy(() => import('./palette/help').then(({ Help }) => Help))

const OperatorScreen = lazy(() => import('./operator').then(({ Operator }) => Operator))

/** What lies over the page. Both are fetched when they are first asked for. */
function Overlay() {
  if (overlay.value === 'palette') return <Suspense part={PaletteDialog} props={{}} />
  return overlay.value === 'help' ? <Suspense part={HelpDialog} props={{}} /> : null
}

/** A clock that is wrong by more is said. */
const CLOCK_MS_MAX = 60_000

function Bars() {
  const isOld = firstBuild.value !== undefined && serverBuild.value !== firstBuild.value
  return (
    <>
      {isReachable.value ? null : (
        <p class="bar is-warning" role="alert">
          The service does not answer. What you see stays; it is asked again by itself.
        </p>
      )}
      {Math.abs(clockOffsetMs.value) > CLOCK_MS_MAX ? (
        <p class="bar is-warning" role="status">
          The clock of this device is wrong by {durationText(Math.abs(clockOffsetMs.value))}. Times here are the
          service’s.
        </p>
      ) : null}
      {isOld ? (
        <p class="bar" role="status">
          The service was updated.{' '}
          <button type="button" onClick={() => location.reload()}>
            Load the new page
          </button>{' '}
          when it suits you.
        </p>
      ) : null}
    </>
  )
}

/** While the service does not answer, it is asked this often whether it does. */
const REACH_MS = 3000
/** A page that stays open asks this often whether its session, its service and its clock are what they were. */
const CHECK_MS = 120_000

/** A link with a key signs in with it, also where somebody else is signed in. If that fails, the form says why. */
async function readFirstSession(): Promise<void> {
  const key = printedKey()
  if (key === undefined) return void (await readSession())
  const asked = await signIn(key)
  if (asked.ok) history.replaceState(null, '', `${location.pathname}${location.search}`)
  else session.value = null
}

/** Asks who is signed in: at once, from time to time, when the page comes into sight again, and until somebody answers. */
function askWhoAgain(): () => void {
  void readFirstSession()
  let askedMs = Date.now()
  const timer = setInterval(() => {
    if (Date.now() < askedMs + (isReachable.peek() ? CHECK_MS : REACH_MS)) return
    askedMs = Date.now()
    if (session.peek() !== null) void readSession()
  }, REACH_MS / 2)
  const seen = (): void => void (document.visibilityState === 'visible' && session.peek() && readSession())
  document.addEventListener('visibilitychange', seen)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
  }
}

function Unreachable() {
  return (
    <main>
      <Notice title="The service does not answer" detail="The page asks again every few seconds." />
    </main>
  )
}
