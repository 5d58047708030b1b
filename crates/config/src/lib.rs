//! main.cf and master.cf: read, edit, expand, check, override.
