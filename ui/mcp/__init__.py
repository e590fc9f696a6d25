"""The MCP server, `/mcp`: an assistant makes, looks at, edits and shares videos by tools."""
