"""Publishing: a built folder becomes a repository on the Hub, all of it or nothing."""
