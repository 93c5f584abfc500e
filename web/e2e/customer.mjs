// The customer whom support looks at: sees the open views and closes tickets, with a token of their own.

const VIEWS = 'query Views($id: ID!) { organization(id: $id) { supportViews { ticket { number } } } }';
const CLOSE = `mutation Close($input: TicketReplyInput!) {
  ticketReply(input: $input) { ... on TicketReplyPayload { ticket { state } } ... on UserError { code message } }
}`;

/** A customer by their organization's id and an access token. */
export function customer(base, { organization, token }) {
  async function ask(query, variables) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  return {
    /** Numbers of the tickets whose views are open now. */
    async views() {
      return (await ask(VIEWS, { id: organization })).organization.supportViews.map(({ ticket }) => ticket.number);
    },

    /** Closes a ticket, and with it its views. */
    async close({ id }) {
      const { ticketReply } = await ask(CLOSE, { input: { ticketId: id, state: 'CLOSED' } });
      if (ticketReply.ticket?.state !== 'CLOSED') throw new Error(JSON.stringify(ticketReply));
    },
  };
}
