//! Who is near whom.

use super::cell::Cell;
