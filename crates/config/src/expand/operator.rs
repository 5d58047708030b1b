//! What stands between the operands of a relational expression.

/// A relational operator.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    GreaterOrEqual,
    Greater,
}

impl Operator {
    /// The operator that is written so.
    pub(super) fn parse(symbol: &[u8]) -> Option<Self> {
        Some(match symbol {
            b"==" => Self::Equal,
            b"!=" => Self::NotEqual,
            b"<" => Self::Less,
            b"<=" => Self::LessOrEqual,
            b">=" => Self::GreaterOrEqual,
            b">" => Self::Greater,
            _ => return None,
        })
    }

    /// Is it true of operands in this order?
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }
}
