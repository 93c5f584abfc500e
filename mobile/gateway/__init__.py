"""The way to the server: GraphQL over HTTP, tokens, the offline copy and what can fail. Knows no Kivy."""
