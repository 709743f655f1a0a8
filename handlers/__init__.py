"""What the bot does when something happens: one file per reaction, the routes on one page, the command line."""
