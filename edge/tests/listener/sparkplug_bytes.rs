//! Payloads of Sparkplug B as a device would write them. Written here once more and differently, so that reader and
//! writer cannot share a mistake.

/// The types of values by their numbers in the specification.
pub(crate) const INT32: u32 = 3;
pub(crate) const DOUBLE: u32 = 10;

#[derive(Clone, Debug, Default)]
pub(crate) struct Metric {
    bytes: Vec<u8>,
}

impl Metric {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn name(self, name: &str) -> Self {
        self.length_delimited(1, name.as_bytes())
    }

    pub(crate) fn alias(self, alias: u64) -> Self {
        self.number(2, alias)
    }

    pub(crate) fn datatype(self, datatype: u32) -> Self {
        self.number(4, datatype.into())
    }

    pub(crate) fn historical(self) -> Self {
        self.number(5, 1)
    }

    pub(crate) fn null(self) -> Self {
        self.number(7, 1)
    }

    pub(crate) fn int(self, value: u32) -> Self {
        self.number(10, value.into())
    }

    pub(crate) fn long(self, value: u64) -> Self {
        self.number(11, value)
    }

    pub(crate) fn double(mut self, value: f64) -> Self {
        self.bytes.push(13 << 3 | 1);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.length_delimited(15, text.as_bytes())
    }

    fn number(mut self, field: u8, value: u64) -> Self {
        self.bytes.push(field << 3);
        self.bytes.extend(varint(value));
        self
    }

    fn length_delimited(mut self, field: u8, bytes: &[u8]) -> Self {
        self.bytes.push(field << 3 | 2);
        self.bytes.extend(varint(bytes.len() as u64));
        self.bytes.extend(bytes);
        self
    }
}

pub(crate) fn payload(seq: Option<u64>, metrics: &[Metric]) -> Vec<u8> {
    // The time, which stands first.
    let mut bytes = vec![1 << 3];
    bytes.extend(varint(1_700_000_000_000));
    for Metric { bytes: metric } in metrics {
        bytes.push(2 << 3 | 2);
        bytes.extend(varint(metric.len() as u64));
        bytes.extend(metric);
    }
    if let Some(seq) = seq {
        bytes.push(3 << 3);
        bytes.extend(varint(seq));
    }
    bytes
}

pub(crate) fn bd_seq(number: u64) -> Metric {
    Metric::new().name("bdSeq").datatype(8).long(number)
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number % 128) as u8;
        number /= 128;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low + 128);
    }
}
