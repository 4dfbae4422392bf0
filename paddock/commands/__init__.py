"""One file a command (or a family of them). They are imported when asked for: each start of `paddock` counts."""

# The command's name, in the order of use → where it is.
COMMANDS = {
    "up": "paddock.commands.up:up",
    "preview": "paddock.commands.preview:preview",
    "refresh": "paddock.commands.stack:refresh",
    "destroy": "paddock.commands.stack:destroy",
    "pulumi": "paddock.commands.stack:pulumi",
    "drift": "paddock.commands.drift:drift",
    "adopt": "paddock.commands.adopt:adopt",
    "env": "paddock.commands.env:env",
    "build": "paddock.commands.build:build_command",
    "verify": "paddock.commands.build:verify_command",
    "check": "paddock.commands.check:check",
    "diff": "paddock.commands.diff:diff",
    "new": "paddock.commands.new:new",
    "predict": "paddock.commands.predict:predict",
    "versions": "paddock.commands.versions:versions",
    "rollback": "paddock.commands.versions:rollback",
    "prune": "paddock.commands.versions:prune",
    "status": "paddock.commands.status:status",
    "logs": "paddock.commands.logs:logs",
    "why": "paddock.commands.why:why",
    "fleet": "paddock.commands.fleet:fleet",
    "local": "paddock.commands.local:local",
    "ci": "paddock.commands.ci:ci",
    "doctor": "paddock.commands.doctor:doctor",
}
