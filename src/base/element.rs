//! The elements.

use std::fmt;

/// An element by its atomic number, 1 to 118.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element(u8);

impl Element {
    pub fn from_number(number: u8) -> Option<Self> {
        (1..=TABLE.len() as u8)
            .contains(&number)
            .then_some(Element(number))
    }

    /// By symbol, as written: `Ba`, not `BA`.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        let at = TABLE.iter().position(|(known, ..)| *known == symbol)?;
        Some(Element(at as u8 + 1))
    }

    pub fn number(self) -> u8 {
        self.0
    }

    pub fn symbol(self) -> &'static str {
        TABLE[usize::from(self.0) - 1].0
    }

    /// English name in lower case.
    pub fn name(self) -> &'static str {
        TABLE[usize::from(self.0) - 1].1
    }

    /// Standard atomic weight in u; for elements without stable isotopes the mass number of the one that
    /// lives longest.
    pub fn mass_u(self) -> f64 {
        TABLE[usize::from(self.0) - 1].2
    }

    /// All elements by atomic number.
    pub fn all() -> impl Iterator<Item = Element> {
        (1..=TABLE.len() as u8).map(Element)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.symbol())
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.symbol())
    }
}

/// As the symbol.
impl serde::Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.symbol())
    }
}

impl<'de> serde::Deserialize<'de> for Element {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let symbol = String::deserialize(from)?;
        Element::from_symbol(&symbol)
            .ok_or_else(|| serde::de::Error::custom(format!("`{symbol}` is no element")))
    }
}

/// Symbol, name, standard atomic weight (IUPAC Commission on Isotopic Abundances and Atomic Weights: Prohaska
/// et al., Pure Appl. Chem. 94, 573 (2022), conventional values where an interval is given).
const TABLE: &[(&str, &str, f64)] = &[
    ("H", "hydrogen", 1.008),
    ("He", "helium", 4.002602),
    ("Li", "lithium", 6.94),
    ("Be", "beryllium", 9.0121831),
    ("B", "boron", 10.81),
    ("C", "carbon", 12.011),
    ("N", "nitrogen", 14.007),
    ("O", "oxygen", 15.999),
    ("F", "fluorine", 18.998403162),
    ("Ne", "neon", 20.1797),
    ("Na", "sodium", 22.98976928),
    ("Mg", "magnesium", 24.305),
    ("Al", "aluminium", 26.9815384),
    ("Si", "silicon", 28.085),
    ("P", "phosphorus", 30.973761998),
    ("S", "sulfur", 32.06),
    ("Cl", "chlorine", 35.45),
    ("Ar", "argon", 39.95),
    ("K", "potassium", 39.0983),
    ("Ca", "calcium", 40.078),
    ("Sc", "scandium", 44.955907),
    ("Ti", "titanium", 47.867),
    ("V", "vanadium", 50.9415),
    ("Cr", "chromium", 51.9961),
    ("Mn", "manganese", 54.938043),
    ("Fe", "iron", 55.845),
    ("Co", "cobalt", 58.933194),
    ("Ni", "nickel", 58.6934),
    ("Cu", "copper", 63.546),
    ("Zn", "zinc", 65.38),
    ("Ga", "gallium", 69.723),
    ("Ge", "germanium", 72.63),
    ("As", "arsenic", 74.921595),
    ("Se", "selenium", 78.971),
    ("Br", "bromine", 79.904),
    ("Kr", "krypton", 83.798),
    ("Rb", "rubidium", 85.4678),
    ("Sr", "strontium", 87.62),
    ("Y", "yttrium", 88.905838),
    ("Zr", "zirconium", 91.224),
    ("Nb", "niobium", 92.90637),
    ("Mo", "molybdenum", 95.95),
    ("Tc", "technetium", 98.0),
    ("Ru", "ruthenium", 101.07),
    ("Rh", "rhodium", 102.90549),
    ("Pd", "palladium", 106.42),
    ("Ag", "silver", 107.8682),
    ("Cd", "cadmium", 112.414),
    ("In", "indium", 114.818),
    ("Sn", "tin", 118.71),
    ("Sb", "antimony", 121.76),
    ("Te", "tellurium", 127.6),
    ("I", "iodine", 126.90447),
    ("Xe", "xenon", 131.293),
    ("Cs", "caesium", 132.90545196),
    ("Ba", "barium", 137.327),
    ("La", "lanthanum", 138.90547),
    ("Ce", "cerium", 140.116),
    ("Pr", "praseodymium", 140.90766),
    ("Nd", "neodymium", 144.242),
    ("Pm", "promethium", 145.0),
    ("Sm", "samarium", 150.36),
    ("Eu", "europium", 151.964),
    ("Gd", "gadolinium", 157.25),
    ("Tb", "terbium", 158.925354),
    ("Dy", "dysprosium", 162.5),
    ("Ho", "holmium", 164.930329),
    ("Er", "erbium", 167.259),
    ("Tm", "thulium", 168.934219),
    ("Yb", "ytterbium", 173.045),
    ("Lu", "lutetium", 174.9668),
    ("Hf", "hafnium", 178.486),
    ("Ta", "tantalum", 180.94788),
    ("W", "tungsten", 183.84),
    ("Re", "rhenium", 186.207),
    ("Os", "osmium", 190.23),
    ("Ir", "iridium", 192.217),
    ("Pt", "platinum", 195.084),
    ("Au", "gold", 196.96657),
    ("Hg", "mercury", 200.592),
    ("Tl", "thallium", 204.38),
    ("Pb", "lead", 207.2),
    ("Bi", "bismuth", 208.9804),
    ("Po", "polonium", 209.0),
    ("At", "astatine", 210.0),
    ("Rn", "radon", 222.0),
    ("Fr", "francium", 223.0),
    ("Ra", "radium", 226.0),
    ("Ac", "actinium", 227.0),
    ("Th", "thorium", 232.0377),
    ("Pa", "protactinium", 231.03588),
    ("U", "uranium", 238.02891),
    ("Np", "neptunium", 237.0),
    ("Pu", "plutonium", 244.0),
    ("Am", "americium", 243.0),
    ("Cm", "curium", 247.0),
    ("Bk", "berkelium", 247.0),
    ("Cf", "californium", 251.0),
    ("Es", "einsteinium", 252.0),
    ("Fm", "fermium", 257.0),
    ("Md", "mendelevium", 258.0),
    ("No", "nobelium", 259.0),
    ("Lr", "lawrencium", 262.0),
    ("Rf", "rutherfordium", 267.0),
    ("Db", "dubnium", 268.0),
    ("Sg", "seaborgium", 271.0),
    ("Bh", "bohrium", 270.0),
    ("Hs", "hassium", 269.0),
    ("Mt", "meitnerium", 278.0),
    ("Ds", "darmstadtium", 281.0),
    ("Rg", "roentgenium", 281.0),
    ("Cn", "copernicium", 285.0),
    ("Nh", "nihonium", 286.0),
    ("Fl", "flerovium", 289.0),
    ("Mc", "moscovium", 289.0),
    ("Lv", "livermorium", 293.0),
    ("Ts", "tennessine", 293.0),
    ("Og", "oganesson", 294.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_masses_are_those_of_the_periodic_table() {
        assert_eq!(TABLE.len(), 118);
        let element = |symbol| Element::from_symbol(symbol).expect("an element");
        assert_eq!(element("Ba").number(), 56);
        assert_eq!(element("Og").number(), 118);
        assert_eq!(element("Ti").name(), "titanium");
        assert!((element("Ba").mass_u() - 137.327).abs() < 1e-3);
        assert!((element("O").mass_u() - 15.999).abs() < 1e-3);
        assert!(Element::from_symbol("BA").is_none());
        assert!(Element::from_number(0).is_none() && Element::from_number(119).is_none());
        assert!(Element::all().all(|one| Element::from_symbol(one.symbol()) == Some(one)));
    }
}
