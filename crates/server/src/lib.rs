//! What every daemon starts with: arguments, master protocol, limits, jail, signals, the kinds of server.
