//! How a number lies in the registers of a device, and how it is read from there.

use super::keyword_enum;
use super::raw::Raw;

keyword_enum! {
    /// The `type` of a point.
    pub(super) enum NumberType as UnknownType {
        U16 = "u16",
        I16 = "i16",
        U32 = "u32",
        I32 = "i32",
        F32 = "f32",
        U64 = "u64",
        I64 = "i64",
        F64 = "f64",
        Bcd16 = "bcd16",
        Bcd32 = "bcd32",
        Bit = "bit",
    }
}

keyword_enum! {
    /// Which register of several comes first.
    pub enum WordOrder as UnknownWordOrder {
        HighFirst = "high_first",
        LowFirst = "low_first",
    }
}

keyword_enum! {
    /// The order of the two bytes of a register. Modbus says high first; some devices do not.
    pub enum ByteOrder as UnknownByteOrder {
        Normal = "normal",
        Swapped = "swapped",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    U16,
    I16,
    U32(WordOrder),
    I32(WordOrder),
    F32(WordOrder),
    U64(WordOrder),
    I64(WordOrder),
    F64(WordOrder),
    /// Four decimal digits, four bits each.
    Bcd16,
    /// Eight decimal digits.
    Bcd32(WordOrder),
    /// One bit of a register; 0 is the lowest.
    BitOf(u8),
    /// Several neighbouring bits of a register, as a number.
    BitsOf {
        lowest: u8,
        count: u8,
    },
    /// An address of a table of bits.
    Bit,
}

impl NumberType {
    /// A bit is read by other means.
    pub(super) fn encoding(self, order: WordOrder) -> Encoding {
        match self {
            NumberType::U16 | NumberType::Bit => Encoding::U16,
            NumberType::I16 => Encoding::I16,
            NumberType::U32 => Encoding::U32(order),
            NumberType::I32 => Encoding::I32(order),
            NumberType::F32 => Encoding::F32(order),
            NumberType::U64 => Encoding::U64(order),
            NumberType::I64 => Encoding::I64(order),
            NumberType::F64 => Encoding::F64(order),
            NumberType::Bcd16 => Encoding::Bcd16,
            NumberType::Bcd32 => Encoding::Bcd32(order),
        }
    }
}

impl Encoding {
    /// How many addresses it takes.
    pub fn width(self) -> u16 {
        match self {
            Encoding::U64(_) | Encoding::I64(_) | Encoding::F64(_) => 4,
            Encoding::U32(_) | Encoding::I32(_) | Encoding::F32(_) | Encoding::Bcd32(_) => 2,
            Encoding::U16 | Encoding::I16 | Encoding::Bcd16 => 1,
            Encoding::BitOf(_) | Encoding::BitsOf { .. } | Encoding::Bit => 1,
        }
    }

    pub fn is_bit(self) -> bool {
        matches!(self, Encoding::BitOf(_) | Encoding::Bit)
    }

    pub fn is_float(self) -> bool {
        matches!(self, Encoding::F32(_) | Encoding::F64(_))
    }

    pub(super) fn raw(self, words: &[u16], bytes: ByteOrder) -> Option<Raw<'static>> {
        let one = || joined::<1>(words, WordOrder::HighFirst, bytes).map(|word| word as u16);
        let two = |order| joined::<2>(words, order, bytes).map(|words| words as u32);
        let four = |order| joined::<4>(words, order, bytes);
        Some(match self {
            Encoding::U16 => Raw::Whole(one()?.into()),
            Encoding::I16 => Raw::Whole(one()?.cast_signed().into()),
            Encoding::U32(order) => Raw::Whole(two(order)?.into()),
            Encoding::I32(order) => Raw::Whole(two(order)?.cast_signed().into()),
            Encoding::F32(order) => Raw::Number(f32::from_bits(two(order)?).into()),
            // Beyond what counts have anywhere, and as a measurement no less exact than any.
            Encoding::U64(order) => {
                let number = four(order)?;
                i64::try_from(number).map_or(Raw::Number(number as f64), Raw::Whole)
            }
            Encoding::I64(order) => Raw::Whole(four(order)?.cast_signed()),
            Encoding::F64(order) => Raw::Number(f64::from_bits(four(order)?)),
            Encoding::Bcd16 => Raw::Whole(decimal(one()?.into(), 4)?),
            Encoding::Bcd32(order) => Raw::Whole(decimal(two(order)?, 8)?),
            Encoding::BitOf(bit) => Raw::Whole((one()? >> bit & 1).into()),
            Encoding::BitsOf { lowest, count } => {
                Raw::Whole((u32::from(one()?) >> lowest & ((1 << count) - 1)).into())
            }
            Encoding::Bit => return None,
        })
    }
}

/// So many words as one number; `None` if there are fewer, or more.
fn joined<const WORDS: usize>(words: &[u16], order: WordOrder, bytes: ByteOrder) -> Option<u64> {
    let mut words: [u16; WORDS] = words.try_into().ok()?;
    if order == WordOrder::LowFirst {
        words.reverse();
    }
    let put = |number: u64, word: &u16| {
        let word = if bytes == ByteOrder::Swapped { word.swap_bytes() } else { *word };
        number << 16 | u64::from(word)
    };
    Some(words.iter().fold(0, put))
}

/// A binary-coded decimal; `None` if one of its digits is none.
fn decimal(coded: u32, digits: u32) -> Option<i64> {
    (0..digits).rev().try_fold(0, |number, place| {
        let digit = coded >> (4 * place) & 0xF;
        (digit <= 9).then_some(number * 10 + i64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 8] = [0x40, 0x45, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A];
    const REAL: f64 = 43.2;

    /// The words of `bytes` (high first) as a device with these orders lays them down.
    fn laid(bytes: &[u8], order: WordOrder, byte_order: ByteOrder) -> Vec<u16> {
        let mut words: Vec<u16> =
            bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        if order == WordOrder::LowFirst {
            words.reverse();
        }
        if byte_order == ByteOrder::Swapped {
            words = words.into_iter().map(u16::swap_bytes).collect();
        }
        words
    }

    #[test]
    fn every_order_of_words_and_bytes_reads_the_same_number() {
        for order in [WordOrder::HighFirst, WordOrder::LowFirst] {
            for bytes in [ByteOrder::Normal, ByteOrder::Swapped] {
                let read = |number: NumberType, laid_down: &[u8]| {
                    number.encoding(order).raw(&laid(laid_down, order, bytes), bytes).unwrap()
                };
                assert_eq!(read(NumberType::F64, &BYTES), Raw::Number(REAL));
                assert_eq!(read(NumberType::F32, &(43.2_f32).to_be_bytes()), Raw::Number(43.2_f32.into()));
                assert_eq!(read(NumberType::U32, &[0, 1, 0, 2]), Raw::Whole(65_538));
                assert_eq!(read(NumberType::I32, &[0xFF, 0xFF, 0xFF, 0xFE]), Raw::Whole(-2));
                assert_eq!(read(NumberType::I64, &(-3_i64).to_be_bytes()), Raw::Whole(-3));
                assert_eq!(read(NumberType::U64, &7_u64.to_be_bytes()), Raw::Whole(7));
                assert_eq!(read(NumberType::U64, &u64::MAX.to_be_bytes()), Raw::Number(u64::MAX as f64));
                assert_eq!(read(NumberType::Bcd32, &[0x12, 0x34, 0x56, 0x78]), Raw::Whole(12_345_678));
            }
        }
    }

    #[test]
    fn parts_of_a_word_are_numbers_of_their_own() {
        let word = |encoding: Encoding| encoding.raw(&[0b1011_0000_0110_0100], ByteOrder::Normal);
        assert_eq!(word(Encoding::BitsOf { lowest: 4, count: 3 }), Some(Raw::Whole(6)));
        assert_eq!(word(Encoding::BitsOf { lowest: 1, count: 15 }), Some(Raw::Whole(0b101_1000_0011_0010)));
        assert_eq!(word(Encoding::BitOf(15)), Some(Raw::Whole(1)));
        assert_eq!(Encoding::BitOf(0).raw(&[0x0100], ByteOrder::Swapped), Some(Raw::Whole(1)));
    }

    #[test]
    fn what_is_no_number_is_none() {
        let bcd = |word: u16| Encoding::Bcd16.raw(&[word], ByteOrder::Normal);
        assert_eq!((bcd(0x0987), bcd(0x09A7)), (Some(Raw::Whole(987)), None));
        assert_eq!(Encoding::U32(WordOrder::HighFirst).raw(&[1], ByteOrder::Normal), None, "a word too few");
        assert_eq!(Encoding::Bit.raw(&[1], ByteOrder::Normal), None);
    }
}
