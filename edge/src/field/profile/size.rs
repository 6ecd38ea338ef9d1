//! What differs between devices of one model: how many bands a jammer has, how many zones a panel. A profile names such
//! sizes and their limits, and a device's section in the configuration may set them.

use runtime::config::{FromSection, Section};

use super::Profile;
use super::repeat::COUNT_MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    pub name: Box<str>,
    /// For devices whose section does not set it.
    pub default: u16,
    pub max: u16,
}

/// Which size decides whether a point exists, and up to which number it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// The size's place in [`Profile::sizes`].
    pub size: usize,
    /// Counts from 0.
    pub index: u16,
}

/// Why a device cannot have such a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    #[error("devices of this profile have no size `{name}`; {known}")]
    Unknown { name: String, known: String },
    #[error("{count} is too many for `{name}`; write a number up to {max}")]
    TooLarge { name: String, count: u16, max: u16 },
}

impl SizeError {
    /// The size that is wrong.
    pub fn name(&self) -> &str {
        match self {
            SizeError::Unknown { name, .. } | SizeError::TooLarge { name, .. } => name,
        }
    }
}

impl Profile {
    /// The profile of a device of these sizes. A profile as it is read has its largest sizes.
    pub fn fitted(&self, wanted: &[(String, u16)]) -> Result<Profile, SizeError> {
        let mut counts: Vec<u16> = self.sizes.iter().map(|size| size.default).collect();
        for (name, count) in wanted {
            let place = place(&self.sizes, name)
                .ok_or_else(|| SizeError::Unknown { name: name.clone(), known: known(&self.sizes) })?;
            let max = self.sizes[place].max;
            if *count > max {
                return Err(SizeError::TooLarge { name: name.clone(), count: *count, max });
            }
            counts[place] = *count;
        }
        let mut fitted = self.clone();
        fitted
            .points
            .retain(|point| point.element.is_none_or(|element| element.index < counts[element.size]));
        for block in &mut fitted.blocks {
            if let Some(each) = block.each {
                block.count = each.count * counts[each.size];
            }
        }
        fitted.blocks.retain(|block| block.count > 0);
        Ok(fitted)
    }
}

pub(super) fn place(sizes: &[Size], name: &str) -> Option<usize> {
    sizes.iter().position(|size| &*size.name == name)
}

/// As in "write one of: bands, zones".
pub(super) fn known(sizes: &[Size]) -> String {
    if sizes.is_empty() {
        return "it has no sizes".to_owned();
    }
    let names: Vec<&str> = sizes.iter().map(|size| &*size.name).collect();
    format!("write one of: {}", names.join(", "))
}

/// A `[sizes.NAME]` section.
pub(super) struct Limits {
    default: u16,
    max: u16,
}

impl FromSection for Limits {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let max = section.required_within("max", 1..=COUNT_MAX)?;
        let default = section.within("default", max, 0..=max);
        Some(Self { default, max })
    }
}

pub(super) fn sizes(section: &mut Section<'_>) -> Vec<Size> {
    let named = |(name, Limits { default, max }): (String, Limits)| Size { name: name.into(), default, max };
    section.map("sizes").into_iter().map(named).collect()
}
