-- Catalog and cart price rules, coupons, taxes.

CREATE TABLE {p}catalogrule (
  rule_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(255),
  description TEXT,
  from_date DATE,
  to_date DATE,
  is_active SMALLINT NOT NULL DEFAULT 0,
  conditions_serialized MEDIUMTEXT,
  actions_serialized MEDIUMTEXT,
  stop_rules_processing SMALLINT NOT NULL DEFAULT 1,
  sort_order INT UNSIGNED NOT NULL DEFAULT 0,
  simple_action VARCHAR(32),
  discount_amount DECIMAL(20,6) NOT NULL DEFAULT 0,
  KEY (is_active, sort_order, to_date, from_date)
);

CREATE TABLE {p}catalogrule_website (
  rule_id INT UNSIGNED NOT NULL,
  website_id SMALLINT UNSIGNED NOT NULL,
  PRIMARY KEY (rule_id, website_id),
  KEY (website_id),
  FOREIGN KEY (rule_id) REFERENCES {p}catalogrule (rule_id) ON DELETE CASCADE,
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalogrule_customer_group (
  rule_id INT UNSIGNED NOT NULL,
  customer_group_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (rule_id, customer_group_id),
  KEY (customer_group_id),
  FOREIGN KEY (rule_id) REFERENCES {p}catalogrule (rule_id) ON DELETE CASCADE,
  FOREIGN KEY (customer_group_id) REFERENCES {p}customer_group (customer_group_id) ON DELETE CASCADE
);

-- Written by an indexer, for yesterday, today and tomorrow only.
CREATE TABLE {p}catalogrule_product_price (
  rule_product_price_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rule_date DATE NOT NULL,
  customer_group_id INT,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  rule_price DECIMAL(20,6) NOT NULL DEFAULT 0,
  website_id SMALLINT UNSIGNED NOT NULL,
  latest_start_date DATE,
  earliest_end_date DATE,
  UNIQUE (rule_date, website_id, customer_group_id, product_id),
  KEY (customer_group_id),
  KEY (product_id),
  KEY (website_id)
);

CREATE TABLE {p}tax_class (
  class_id SMALLINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  class_name VARCHAR(255) NOT NULL,
  class_type VARCHAR(8) NOT NULL DEFAULT 'CUSTOMER'
);

CREATE TABLE {p}tax_calculation_rule (
  tax_calculation_rule_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code VARCHAR(255) NOT NULL,
  priority INT NOT NULL,
  position INT NOT NULL,
  calculate_subtotal INT NOT NULL,
  KEY (code),
  KEY (priority, position)
);

CREATE TABLE {p}tax_calculation_rate (
  tax_calculation_rate_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tax_country_id VARCHAR(2) NOT NULL,
  tax_region_id INT NOT NULL,
  tax_postcode VARCHAR(21),
  code VARCHAR(255) NOT NULL,
  rate DECIMAL(12,4) NOT NULL,
  zip_is_range SMALLINT,
  zip_from INT UNSIGNED,
  zip_to INT UNSIGNED,
  KEY (tax_calculation_rate_id, tax_country_id, tax_region_id, zip_is_range, tax_postcode),
  KEY (code),
  KEY (tax_country_id, tax_region_id, tax_postcode)
);

CREATE TABLE {p}tax_calculation (
  tax_calculation_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tax_calculation_rate_id INT NOT NULL,
  tax_calculation_rule_id INT NOT NULL,
  customer_tax_class_id SMALLINT NOT NULL,
  product_tax_class_id SMALLINT NOT NULL,
  KEY (customer_tax_class_id),
  KEY (product_tax_class_id),
  KEY (tax_calculation_rule_id),
  KEY (tax_calculation_rate_id, customer_tax_class_id, product_tax_class_id),
  FOREIGN KEY (customer_tax_class_id) REFERENCES {p}tax_class (class_id) ON DELETE CASCADE,
  FOREIGN KEY (product_tax_class_id) REFERENCES {p}tax_class (class_id) ON DELETE CASCADE,
  FOREIGN KEY (tax_calculation_rate_id)
    REFERENCES {p}tax_calculation_rate (tax_calculation_rate_id) ON DELETE CASCADE,
  FOREIGN KEY (tax_calculation_rule_id)
    REFERENCES {p}tax_calculation_rule (tax_calculation_rule_id) ON DELETE CASCADE
);

-- Fixed product taxes; rows of all states and websites have 0 there.
CREATE TABLE {p}weee_tax (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  website_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  country VARCHAR(2),
  value DECIMAL(12,4) NOT NULL DEFAULT 0,
  state INT NOT NULL DEFAULT 0,
  attribute_id SMALLINT UNSIGNED NOT NULL,
  KEY (website_id),
  KEY (entity_id),
  KEY (country),
  KEY (attribute_id),
  FOREIGN KEY (entity_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (country) REFERENCES {p}directory_country (country_id) ON DELETE CASCADE,
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE
);

CREATE TABLE {p}salesrule (
  rule_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(255),
  description TEXT,
  from_date DATE,
  to_date DATE,
  uses_per_customer INT NOT NULL DEFAULT 0,
  is_active SMALLINT NOT NULL DEFAULT 0,
  conditions_serialized MEDIUMTEXT,
  actions_serialized MEDIUMTEXT,
  stop_rules_processing SMALLINT NOT NULL DEFAULT 1,
  is_advanced SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  product_ids TEXT,
  sort_order INT UNSIGNED NOT NULL DEFAULT 0,
  simple_action VARCHAR(32),
  discount_amount DECIMAL(12,4) NOT NULL DEFAULT 0,
  discount_qty DECIMAL(12,4),
  discount_step INT UNSIGNED NOT NULL DEFAULT 0,
  apply_to_shipping SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  times_used INT UNSIGNED NOT NULL DEFAULT 0,
  is_rss SMALLINT NOT NULL DEFAULT 0,
  coupon_type SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  use_auto_generation SMALLINT NOT NULL DEFAULT 0,
  uses_per_coupon INT NOT NULL DEFAULT 0,
  simple_free_shipping SMALLINT UNSIGNED,
  KEY (is_active, sort_order, to_date, from_date)
);

CREATE TABLE {p}salesrule_coupon (
  coupon_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rule_id INT UNSIGNED NOT NULL,
  code VARCHAR(255) UNIQUE,
  usage_limit INT UNSIGNED,
  usage_per_customer INT UNSIGNED,
  times_used INT UNSIGNED NOT NULL DEFAULT 0,
  expiration_date DATETIME,
  is_primary SMALLINT UNSIGNED,
  created_at TIMESTAMP NULL,
  type SMALLINT DEFAULT 0,
  UNIQUE (rule_id, is_primary),
  KEY (rule_id),
  FOREIGN KEY (rule_id) REFERENCES {p}salesrule (rule_id) ON DELETE CASCADE
);
