// Drives the explorer of a running system as support and as a partner. One argument, JSON:
// {base, chromium?, screenshots, support: {identity, totpSecret}, customer: {organization, token}, tickets: [{id, number}, …],
//  runbooks: [{name, id, variables, expect}, …], mutation, partner: {token, name, query, expect}}
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPage } from './browser.mjs';
import { authenticatorCode, codeFor, messagesOf } from './codes.mjs';
import { customer } from './customer.mjs';

const story = JSON.parse(process.argv[2]);
const { base, support } = story;
const company = customer(base, story.customer);
const REASON = 'The customer asks why the line is dead';
mkdirSync(story.screenshots, { recursive: true });
const { browser, page, noted } = await openPage(base, { executablePath: story.chromium });

const top = page.locator('.top');
const banner = page.locator('[data-test=banner]');
const dialog = page.getByRole('dialog');
const button = (name) => top.getByRole('button', { name, exact: true });
const field = (name, where = top) => where.getByRole('textbox', { name });
const alert = () => top.locator('em[role=alert]');
const shot = (name) => page.screenshot({ path: join(story.screenshots, `${name}.png`) });
const stored = () => page.evaluate(() => ({ session: sessionStorage.getItem('simurgh:session'), beyond: JSON.stringify(localStorage) }));
const kept = async () => JSON.parse((await stored()).session);
const timesAsked = (operation) => noted.operations.filter((name) => name === operation).length;
const response = () => page.locator('.graphiql-response');
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();

async function open(address = '/graphiql') {
  await page.goto(base + address);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
}

async function typeInto(editor, text) {
  await page.locator(`${editor} .monaco-editor`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
  await page.waitForTimeout(500); // GraphiQL looks at what was typed after a pause; before, it would run the last operation's name
}

async function run(expected) {
  await page.locator('.graphiql-execute-button').click();
  await response().getByText(expected).first().waitFor();
}

async function openView(ticket, screenshot) {
  await button('Customer view').click();
  await dialog.getByLabel('Ticket number or subject').fill(ticket.number);
  await dialog.locator(`label:has([value="${ticket.id}"])`).click(); // numbers are the companies' own
  await dialog.getByLabel('Reason').fill(REASON);
  if (screenshot) await shot(screenshot);
  await dialog.getByRole('button', { name: 'Open view' }).click();
  await banner.getByText(ticket.number).waitFor();
}

async function viewIsOver() {
  await top.getByText('The customer view is over').waitFor();
  await button('Customer view').waitFor();
  assert.equal(await banner.count(), 0);
}

/** Changes the kept session and loads the page again; returns the session as it was. */
async function spoil(change) {
  const before = await kept();
  const after = structuredClone(before);
  change(after);
  await page.evaluate((session) => sessionStorage.setItem('simurgh:session', session), JSON.stringify(after));
  await open();
  await top.locator('[data-test=who]').waitFor();
  return before;
}

async function step(name, action) {
  try {
    await action();
    console.log(`ok ${name}`);
  } catch (error) {
    await shot('failure');
    throw new Error(`${name}\nnoted: ${JSON.stringify(noted, null, 2)}`, { cause: error });
  }
}

try {
  let known;

  await step('a stranger sees the bar and asks for no schema', async () => {
    await open();
    await button('Send code').waitFor();
    assert.equal(timesAsked('IntrospectionQuery'), 0);
    await shot('01-stranger');
  });

  await step('a wrong code is refused in words, in the chosen language', async () => {
    known = await messagesOf(base, support.identity);
    await field('Mobile number or e-mail').fill(support.identity);
    await button('Send code').click();
    await field('One-time code').fill('000000');
    await button('Sign in').click();
    await alert().getByText('Tries left: 4').waitFor();
    await shot('02-wrong-code');
    await top.getByLabel('Language').selectOption('fa');
    await button('ورود').click();
    await alert().getByText('۳').waitFor();
    await shot('03-wrong-code-fa');
    await top.getByLabel('زبان').selectOption('en');
  });

  await step('the code and the authenticator sign in', async () => {
    await field('One-time code').fill(await codeFor(base, support.identity, known));
    await button('Sign in').click();
    const authenticator = field('Authenticator');
    await authenticator.waitFor();
    await shot('04-authenticator');
    await authenticator.fill(await authenticatorCode(support.totpSecret));
    await button('Sign in').click();
    await top.locator('[data-test=who]').waitFor();
    await top.getByText('Support', { exact: true }).waitFor();
  });

  await step('the first query runs as the person', async () => {
    await page.waitForFunction(() => !document.querySelector('.graphiql-doc-explorer-error'));
    await run('SUPPORT_VIEW');
    await shot('05-signed-in');
  });

  await step('tokens are in this tab only', async () => {
    const { session, beyond } = await stored();
    const { accessToken, refreshToken } = JSON.parse(session).own;
    assert.ok(accessToken && refreshToken);
    assert.ok(!beyond.includes(accessToken) && !beyond.includes(refreshToken));
  });

  await step('a dying token is renewed once, however many ask', async () => {
    const before = await spoil((session) => { session.own.accessExpiresAt = inSeconds(5); });
    await run('SUPPORT_VIEW');
    assert.equal(timesAsked('SessionRefresh'), 1);
    assert.notEqual((await kept()).own.accessToken, before.own.accessToken);
  });

  await step('a token that the server no longer knows is renewed', async () => {
    await spoil((session) => { session.own.accessToken = `${session.own.accessToken}x`; });
    await run('SUPPORT_VIEW');
    assert.equal(timesAsked('SessionRefresh'), 2);
  });

  await step('step-up proves the person again', async () => {
    known = await messagesOf(base, support.identity);
    await button('Prove again').click();
    await dialog.getByRole('button', { name: 'Send code' }).click();
    await field('One-time code', dialog).fill(await codeFor(base, support.identity, known));
    await shot('06-step-up');
    await dialog.getByRole('button', { name: 'Prove', exact: true }).click();
    await top.getByText('Identity proven').waitFor();
    await dialog.waitFor({ state: 'detached' });
  });

  const [ticket, other] = story.tickets;

  await step('a customer view opens on a ticket', async () => {
    await openView(ticket, '07-customer-view');
    await banner.getByText(/\b(30|29) min left/).waitFor();
    assert.deepEqual(await company.views(), [ticket.number]);
  });

  await step('a view cannot write', async () => {
    await page.locator('.graphiql-tab-add').click();
    await typeInto('.graphiql-query-editor', story.mutation);
    await run('FORBIDDEN');
    await shot('08-forbidden');
  });

  for (const runbook of story.runbooks) {
    await step(`the runbook ${runbook.name} opens in its own tab and runs in the view`, async () => {
      await page.locator(`[data-runbook="${runbook.name}"]`).click();
      await typeInto('.graphiql-editor-tool', JSON.stringify(runbook.variables));
      const before = noted.ids.length;
      await run(runbook.expect);
      assert.deepEqual(noted.ids.slice(before), [runbook.id]);
      await shot(`09-runbook-${runbook.name}`);
    });
  }
  const last = story.runbooks.at(-1);

  await step('a view goes on before its token dies, and ends no later for it', async () => {
    const before = await spoil((session) => { session.view.tokens.accessExpiresAt = inSeconds(5); });
    await run(last.expect);
    const { view } = await kept();
    assert.equal(timesAsked('SupportSessionOpen'), 2);
    assert.notEqual(view.tokens.accessToken, before.view.tokens.accessToken);
    assert.deepEqual([view.id, view.endsAt], [before.view.id, before.view.endsAt]);
    assert.ok(Date.parse(view.endsAt) > Date.parse(view.tokens.accessExpiresAt));
    await banner.getByText(/\b(30|29|28) min left/).waitFor();
  });

  await step('a view whose time is up returns to the own session; opened again for its ticket it is the same view', async () => {
    const { view } = await spoil((session) => { session.view.endsAt = inSeconds(2); });
    await viewIsOver();
    await shot('10-view-over');
    await openView(ticket);
    const again = (await kept()).view;
    assert.deepEqual([again.id, again.endsAt], [view.id, view.endsAt]);
  });

  await step('leaving the view ends it on the server and returns to the own session', async () => {
    await button('Leave view').click();
    await banner.waitFor({ state: 'detached' });
    await button('Customer view').waitFor();
    await run('FORBIDDEN'); // the runbook, now as oneself
    assert.deepEqual(await company.views(), []);
  });

  await step('a view ends with its ticket, and nothing is asked again as oneself', async () => {
    await openView(ticket);
    await run(last.expect);
    await company.close(ticket);
    const asked = noted.operations.length;
    await run('UNAUTHENTICATED');
    await viewIsOver();
    assert.equal(noted.operations.slice(asked).filter((name) => name === noted.operations[asked]).length, 1);
    await shot('11-ticket-closed');
  });

  await step('a view of a closed ticket cannot go on', async () => {
    await openView(other);
    await company.close(other);
    await spoil((session) => { session.view.tokens.accessExpiresAt = inSeconds(5); });
    await viewIsOver();
  });

  await step('the page in Persian, and in the dark', async () => {
    await top.getByLabel('Language').selectOption('fa');
    await page.getByText('پرس‌وجوهای پشتیبانی').waitFor();
    await shot('12-fa');
    await top.getByLabel('زبان').selectOption('en');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot('13-dark');
    await page.emulateMedia({ colorScheme: 'light' });
  });

  await step('signing out forgets everything', async () => {
    await button('Sign out').click();
    await button('Send code').waitFor();
    assert.equal((await stored()).session, null);
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    assert.equal(await page.locator('.graphiql-tab').count(), 1);
    assert.ok(!(await response().textContent()).includes(last.expect));
    assert.ok(!(await page.evaluate(() => JSON.stringify(sessionStorage))).includes(Object.values(last.variables)[0]));
    assert.ok(timesAsked('SessionRevoke') >= 2);
  });

  await step('a session that the server ended says so and asks to sign in', async () => {
    await page.evaluate(() => sessionStorage.setItem('simurgh:session', JSON.stringify({
      own: { accessToken: 'gone', accessExpiresAt: new Date().toISOString(), refreshToken: 'gone' },
      who: { actor: { label: 'Gone' }, permissions: [], memberships: [] },
    })));
    await page.goto(`${base}/graphiql`);
    await top.getByText('Your session has ended').waitFor();
    await button('Send code').waitFor();
  });

  await step('a partner signs in with an API token and asks', async () => {
    await button('I have an API token').click();
    await top.getByLabel('API token').fill('smg_dev_unknown');
    await button('Use token').click();
    await alert().waitFor();
    await top.getByLabel('API token').fill(story.partner.token);
    await button('Use token').click();
    await top.locator('[data-test=who]').getByText(story.partner.name).waitFor();
    await typeInto('.graphiql-query-editor', story.partner.query);
    await run(story.partner.expect);
    await shot('14-partner');
    await button('Forget token').click();
    await button('Send code').waitFor();
  });

  await step('nothing was said on the console and nobody else was asked', async () => {
    assert.deepEqual(noted.console, []);
    assert.deepEqual(noted.strangers, []);
  });
  console.log('the whole story');
} finally {
  await browser.close();
}
