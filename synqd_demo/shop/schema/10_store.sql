-- Scopes and settings. {p} stands for the table prefix in every statement of this directory.
-- Columns, keys and foreign keys are those of Magento 2.4.7; index and constraint names are the server's own.
-- Magento's tables are utf8mb3 whatever the database's default is.
ALTER DATABASE CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci;

CREATE TABLE {p}store_website (
  website_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code VARCHAR(32) UNIQUE,
  name VARCHAR(64),
  sort_order SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  default_group_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_default SMALLINT UNSIGNED DEFAULT 0,
  KEY (default_group_id),
  KEY (sort_order)
);

CREATE TABLE {p}store_group (
  group_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  website_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  name VARCHAR(255) NOT NULL,
  root_category_id INT UNSIGNED NOT NULL DEFAULT 0,
  default_store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  code VARCHAR(32) UNIQUE,
  KEY (default_store_id),
  KEY (website_id),
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE
);

CREATE TABLE {p}store (
  store_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code VARCHAR(32) UNIQUE,
  website_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  group_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  name VARCHAR(255) NOT NULL,
  sort_order SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  is_active SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  KEY (group_id),
  KEY (is_active, sort_order),
  KEY (website_id),
  FOREIGN KEY (group_id) REFERENCES {p}store_group (group_id) ON DELETE CASCADE,
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE
);

CREATE TABLE {p}core_config_data (
  config_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  scope VARCHAR(8) NOT NULL DEFAULT 'default',
  scope_id INT NOT NULL DEFAULT 0,
  path VARCHAR(255) NOT NULL DEFAULT 'general',
  value TEXT,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE (scope, scope_id, path)
);

CREATE TABLE {p}directory_currency_rate (
  currency_from VARCHAR(3) NOT NULL,
  currency_to VARCHAR(3) NOT NULL,
  rate DECIMAL(24,12) NOT NULL DEFAULT 0,
  PRIMARY KEY (currency_from, currency_to),
  KEY (currency_to)
);

CREATE TABLE {p}directory_country (
  country_id VARCHAR(2) NOT NULL PRIMARY KEY,
  iso2_code VARCHAR(2),
  iso3_code VARCHAR(3)
);

CREATE TABLE {p}directory_country_region (
  region_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  country_id VARCHAR(4) NOT NULL DEFAULT '0',
  code VARCHAR(32),
  default_name VARCHAR(255),
  KEY (country_id)
);

CREATE TABLE {p}directory_country_region_name (
  locale VARCHAR(16) NOT NULL,
  region_id INT UNSIGNED NOT NULL DEFAULT 0,
  name VARCHAR(255),
  PRIMARY KEY (locale, region_id),
  KEY (region_id),
  FOREIGN KEY (region_id) REFERENCES {p}directory_country_region (region_id) ON DELETE CASCADE
);

CREATE TABLE {p}mview_state (
  state_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  view_id VARCHAR(255),
  mode VARCHAR(16) DEFAULT 'disabled',
  status VARCHAR(16) DEFAULT 'idle',
  updated DATETIME,
  version_id INT UNSIGNED,
  KEY (mode),
  KEY (view_id)
);

CREATE TABLE {p}indexer_state (
  state_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  indexer_id VARCHAR(255),
  status VARCHAR(16) DEFAULT 'invalid',
  updated DATETIME,
  hash_config VARCHAR(32) NOT NULL,
  KEY (indexer_id)
);
