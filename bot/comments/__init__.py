"""Every sentence the bot says: one typed function per comment, check, reply and output. Only this room writes Markdown.

Values come as `Redacted`, names as text that is made harmless here. Nothing in a comment may render, link, mention or
end a fence unless this room wrote it.
"""
