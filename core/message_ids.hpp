#pragma once

/// The MESSAGE_ID of each kind of log line: all warnings and errors, and the lines of the audit
/// trail. Each has a text in systemd/cfgd.catalog (journalctl -x). The meaning of an id never
/// changes, and an id is never used again for something else.
namespace cfgd::message_id {

// Configuration.
inline constexpr char changed[] = "0f0fa5a4c1b84b0f8d2d6a1f3c7e9b21";
inline constexpr char change_warned[] = "90b4f7c13a5e4d2cb6a1e8d05f7c93e4";
inline constexpr char change_ended[] = "2d8e51b7f60c4a93a4d7c8e0b91f5a36";
inline constexpr char change_stuck[] = "b65f0e92c8a1473d95e3a7d4c0f82b17";
inline constexpr char change_confirmed[] = "3b15755e98d54303b1fbdf568f409610";
inline constexpr char change_extended[] = "b24b047224d4437c922fd3a11f7b59e2";
inline constexpr char source_quarantined[] = "3b7c2a9e55d94c71a0a8e2f6d4c1b832";
inline constexpr char source_blocked[] = "6e1d8f04b7a2493c9c5fa0b3e7d2c643";
inline constexpr char source_active[] = "a94c3d7be0f1485f8b26c1d9f4e7a054";
inline constexpr char source_noted[] = "67b210a0c9fc43d28017972a63e79ff4";
inline constexpr char edit_hidden[] = "36babce79ffb4a488c4be0dbbce2793d";
inline constexpr char source_gone[] = "c2f58e6a1d3b4790b7e4d0a9c6f3b165";
inline constexpr char source_ignored[] = "1d4c7b92e05a4f36a8f3907be6c1d258";
inline constexpr char variable_ignored[] = "71b2f6f0c4a94a2e8c6f5d0d9be3a412";
inline constexpr char settings_faulty[] = "d8a06c2f5b1e4d3f9a7c0e4b6f2d8135";
inline constexpr char settings_later[] = "4f9e1b7d2c8a4e60b5d3a1f7c9e08246";

inline constexpr char access_name_unknown[] = "7c0a5e1f9b3d4c62a8e4d17f60b2c935";

// Watching files.
inline constexpr char not_watched[] = "2c6b9d4e8f1a4b7c9e0d3f5a7b8c1d57";
inline constexpr char too_many_sources[] = "9a3e5c7d1b2f4d6e8c0a9b7f5e3d1c68";

// The store.
inline constexpr char store_failed[] = "5d1c6f0f4c0a4a8e9a1f6c3b7e2d4f10";
inline constexpr char store_damaged[] = "6f0d5b7c2e914a38a1c47d93e8b65f20";
inline constexpr char record_mended[] = "0c7e5a91d3f84b26a7e1930b5d6c28f4";
inline constexpr char record_lost[] = "b24f8d61a97c4e03856ad1c0e93f7b5a";
inline constexpr char store_lost[] = "a18e3c96f4d74b0d9b52e7c60f1d38ba";
inline constexpr char not_recorded[] = "b3f7d1e95a2c4c8f8e6b0d4a9c1f7e79";
inline constexpr char committer_silent[] = "e6c8a0f24d7b4f1a9b3e5c7d9f0b2a8a";
inline constexpr char cache_unfilled[] = "3fc4f14c94774d64b9631e978c2908b8";
inline constexpr char problems_unreadable[] = "1852b07ad3ae4016a4fde39fcd867689";
inline constexpr char file_unwritten[] = "b9e6a34d3c3447bc9237feb903d4c7e4";
inline constexpr char works_again[] = "3e34b0f8d95543359228f23a3ad50278";
inline constexpr char key_rotated[] = "7e1b3d90c64f4a25b8d2f60a9c31e5b7";

// Clients.
inline constexpr char call_refused[] = "e7d4b1c8a52f4e6093b8d7f2c5a1e876";
inline constexpr char call_failed[] = "58d2b6f09c3e4a7d8f1b5e9a0c4d7f9b";
inline constexpr char client_cut_off[] = "1f4a7c0e3b6d4982a5c8e1f4b7d0a3ac";
inline constexpr char user_floods[] = "7c1e0b5d94f34a6e8d27f6a3b90c58e1";
inline constexpr char not_accepting[] = "8b5e2d9f6c1a4073b8e4d1a7f0c3b6bd";
inline constexpr char consumer_failed[] = "8f2d61c0b7a94e53a6d1f07c3e9b5a48";
inline constexpr char consumer_late[] = "c5a7903e1d6f4b28b0e4927d5f8c1a36";
inline constexpr char credential_refused[] = "4f0b6c1d92e84a7fb35d18c6e7a9025c";

// Checks of health.
inline constexpr char check_critical[] = "5456a3de51f84a9c85d917e36f74df76";
inline constexpr char check_warning[] = "d743686b10094e8e8333aa291886e9fa";
inline constexpr char check_recovered[] = "5c26bd01333e415dafe1326bfc9efa43";

// Files of other programs (cfgd-apply).
inline constexpr char target_applied[] = "5b0e6f3c9a1d4c7fb24e8d6a70c19f35";
inline constexpr char target_failed[] = "c1d94a7e60b34f2f8e5a3b96d7f0182c";
inline constexpr char target_conflict[] = "8f3ac05d71e64b9c92d7e4b1a6305cf8";
inline constexpr char target_faulty[] = "e4726b19d8c04f5ea3b1c97d50f268ad";
inline constexpr char application_resumed[] = "27d5f8c3b6e14a90bc7f01e9d4a8635b";
inline constexpr char values_unread[] = "a90b3e71c4f84d26b8e5d19f2c7064e3";

// The service itself.
inline constexpr char start_failed[] = "c47f0a3d6e9b4215a8d7c0f3e6b9a2ce";
inline constexpr char start_slow[] = "60d3f6a9b2c54e8f91a4d7e0b3c6f9df";
inline constexpr char stopped_by_fault[] = "f2a5c8e1b4d74a0d93c6f9e2a5b8d1e0";
inline constexpr char task_ended[] = "35b8e1d4a7f04c3696d9b2c5e8f1a4f1";
inline constexpr char socket_unusable[] = "a7d0b3e6c9f24f5899e2c5b8d1a4f702";
inline constexpr char log_level_set[] = "0c9f6e3b5d284a7c84e1b7d0f3a69213";
inline constexpr char log_lines_lost[] = "d3e6f9a2b5c8418b8f7d0c3e6a9b2d24";

} // namespace cfgd::message_id
