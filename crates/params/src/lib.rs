//! The table of all Postfix 3.11 parameters: name, type, default, limits, description.
