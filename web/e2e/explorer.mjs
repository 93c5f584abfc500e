// Drives the explorer as support and as a partner. One argument, JSON:
// {base, chromium?, identity, totpSecret, ticket, runbook: {name, variables, expect}, apiToken?, partner?, screenshots}
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPage } from './browser.mjs';
import { authenticatorCode, codeFor, inboxOf } from './codes.mjs';

const story = JSON.parse(process.argv[2]);
const { base } = story;
mkdirSync(story.screenshots, { recursive: true });
const { browser, page, noted } = await openPage(base, { executablePath: story.chromium });

const top = page.locator('.top');
const button = (name) => top.getByRole('button', { name, exact: true });
const alert = () => top.locator('em[role=alert]');
const shot = (name) => page.screenshot({ path: join(story.screenshots, `${name}.png`) });
const stored = () => page.evaluate(() => ({ session: sessionStorage.getItem('simurgh:session'), beyond: JSON.stringify(localStorage) }));
const timesAsked = (operation) => noted.operations.filter((name) => name === operation).length;
const response = () => page.locator('.graphiql-response');

async function open(address = '/graphiql') {
  await page.goto(base + address);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
}

async function typeInto(editor, text) {
  await page.locator(`${editor} .monaco-editor`).first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(text);
}

async function run(expected) {
  await page.locator('.graphiql-execute-button').click();
  await response().getByText(expected).first().waitFor();
}

/** Changes the kept session and loads the page again; returns the session as it was. */
async function spoil(change) {
  const before = JSON.parse((await stored()).session);
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
    error.message = `${name}: ${error.message}\nnoted: ${JSON.stringify(noted, null, 2)}`;
    throw error;
  }
}

try {
  await step('a stranger sees the bar and asks for no schema', async () => {
    await open();
    await button('Send code').waitFor();
    assert.equal(timesAsked('IntrospectionQuery'), 0);
    await shot('1-stranger');
  });

  await step('a wrong code is refused in words, in the chosen language', async () => {
    await top.getByLabel('Mobile number or e-mail').fill(story.identity);
    await button('Send code').click();
    await top.getByLabel('One-time code').fill('000000');
    await button('Sign in').click();
    await alert().waitFor();
    assert.match(await alert().textContent(), /code/i);
    await shot('2-wrong-code');
    await top.getByLabel('Language').selectOption('fa');
    await button('ورود').click();
    await alert().getByText(/رمز/).waitFor();
    await shot('3-wrong-code-fa');
    await top.getByLabel('زبان').selectOption('en');
  });

  await step('the code and the authenticator sign in', async () => {
    await top.getByLabel('One-time code').fill(await codeFor(base, story.identity, 0));
    await button('Sign in').click();
    const authenticator = top.getByLabel('Authenticator');
    await authenticator.waitFor();
    await shot('4-authenticator');
    await authenticator.fill(await authenticatorCode(story.totpSecret));
    await button('Sign in').click();
    await top.locator('[data-test=who]').waitFor();
    await top.getByText('Support', { exact: true }).waitFor();
  });

  await step('the first query runs as the person', async () => {
    await page.waitForFunction(() => !document.querySelector('.graphiql-doc-explorer-error'));
    await run('SUPPORT_VIEW');
    await shot('5-signed-in');
  });

  await step('tokens are in this tab only', async () => {
    const { session, beyond } = await stored();
    assert.ok(JSON.parse(session).own.accessToken);
    assert.ok(!beyond.includes(JSON.parse(session).own.accessToken));
    assert.ok(!beyond.includes(JSON.parse(session).own.refreshToken));
  });

  await step('a dying token is renewed once, however many ask', async () => {
    const before = await spoil((session) => { session.own.accessExpiresAt = new Date(Date.now() + 5000).toISOString(); });
    await run('SUPPORT_VIEW');
    assert.equal(timesAsked('SessionRefresh'), 1);
    assert.notEqual(JSON.parse((await stored()).session).own.accessToken, before.own.accessToken);
  });

  await step('a token that the server no longer knows is renewed', async () => {
    await spoil((session) => { session.own.accessToken = `${session.own.accessToken}x`; });
    await run('SUPPORT_VIEW');
    assert.equal(timesAsked('SessionRefresh'), 2);
  });

  await step('step-up proves the person again', async () => {
    await button('Prove again').click();
    const dialog = page.getByRole('dialog');
    const seen = (await inboxOf(base, story.identity)).length;
    await dialog.getByRole('button', { name: 'Send code' }).click();
    await dialog.getByLabel('One-time code').fill(await codeFor(base, story.identity, seen));
    await shot('6-step-up');
    await dialog.getByRole('button', { name: 'Prove', exact: true }).click();
    await top.getByText('Identity proven').waitFor();
    await dialog.waitFor({ state: 'detached' });
  });

  await step('a customer view opens on a ticket', async () => {
    await button('Customer view').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(story.ticket, { exact: true }).click();
    await dialog.getByLabel('Reason').fill('The customer asks why the line is dead');
    await shot('7-customer-view');
    await dialog.getByRole('button', { name: 'Open view' }).click();
    const banner = page.locator('[data-test=banner]');
    await banner.getByText(story.ticket).waitFor();
    await banner.getByText(/\b(30|29) min left/).waitFor();
  });

  await step('a runbook opens in its own tab and runs in the view', async () => {
    await page.locator(`[data-runbook="${story.runbook.name}"]`).click();
    await typeInto('.graphiql-editor-tool', JSON.stringify(story.runbook.variables));
    await run(story.runbook.expect);
    await shot('8-runbook');
  });

  await step('a view that the server ended is left, and nothing is asked again as oneself', async () => {
    const { view } = await spoil((session) => { session.view.tokens.accessToken = `${session.view.tokens.accessToken}x`; });
    await top.getByText('The customer view is over').waitFor();
    assert.equal(await page.locator('[data-test=banner]').count(), 0);
    await spoil((session) => { session.view = view; });
    await page.locator('[data-test=banner]').waitFor();
  });

  await step('leaving the view returns to the own session', async () => {
    await button('Leave view').click();
    await page.locator('[data-test=banner]').waitFor({ state: 'detached' });
    await button('Customer view').waitFor();
    await top.getByLabel('Language').selectOption('fa');
    await page.getByText('پرس‌وجوهای پشتیبانی').waitFor();
    await shot('9-fa');
    await top.getByLabel('زبان').selectOption('en');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot('10-dark');
    await page.emulateMedia({ colorScheme: 'light' });
  });

  await step('signing out forgets everything', async () => {
    await button('Sign out').click();
    await button('Send code').waitFor();
    assert.equal((await stored()).session, null);
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    assert.equal(await page.locator('.graphiql-tab').count(), 1);
    assert.ok(!(await response().textContent()).includes(story.runbook.expect));
    assert.ok(!(await page.evaluate(() => JSON.stringify(sessionStorage))).includes(Object.values(story.runbook.variables)[0]));
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

  if (story.apiToken) {
    await step('a partner signs in with an API token', async () => {
      await button('I have an API token').click();
      await top.getByLabel('API token').fill('smg_dev_unknown');
      await button('Use token').click();
      await alert().waitFor();
      await top.getByLabel('API token').fill(story.apiToken);
      await button('Use token').click();
      await top.locator('[data-test=who]').getByText(story.partner).waitFor();
      await shot('11-partner');
      await button('Forget token').click();
      await button('Send code').waitFor();
    });
  }

  await step('nothing was said on the console and nobody else was asked', async () => {
    assert.deepEqual(noted.console, []);
    assert.deepEqual(noted.strangers, []);
  });
  console.log('the whole story');
} finally {
  await browser.close();
}
