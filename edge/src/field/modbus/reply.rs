//! What a device answered, as bare numbers.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Registers(Vec<u16>),
    Bits(Vec<bool>),
}

impl Reply {
    pub fn len(&self) -> usize {
        match self {
            Reply::Registers(words) => words.len(),
            Reply::Bits(bits) => bits.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `None` if the reply does not reach that far, or holds bits.
    pub fn registers(&self, offset: usize, count: usize) -> Option<&[u16]> {
        match self {
            Reply::Registers(words) => words.get(offset..offset.checked_add(count)?),
            Reply::Bits(_) => None,
        }
    }

    /// `None` if the reply does not reach that far, or holds registers.
    pub fn bit(&self, offset: usize) -> Option<bool> {
        match self {
            Reply::Registers(_) => None,
            Reply::Bits(bits) => bits.get(offset).copied(),
        }
    }
}
