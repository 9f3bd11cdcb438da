/** Chữ của những gì người vận hành đặt ra: danh mục, mức để lại, thẻ. */
import type { desk as english } from './en_desk';

export const desk: Readonly<Record<keyof typeof english, string>> = {
  list_new: 'Danh mục mới',
  list_make: 'Tạo',
  list_edit: 'Sửa',
  list_first:
    'Từ danh mục này, trạm chỉ hỏi những gì tạo ở đây. Danh mục có sẵn sẽ được hỏi lại khi bạn lấy dùng.',
  about_station: 'trạm',
  about_dock: 'một dock',
  about_vehicle: 'một xe',
  key_help: 'Chữ thường, chữ số và _. Dùng để tìm phiếu đã điền; không đổi về sau.',
  questions: 'Câu hỏi',
  questions_count: '{count, plural, other {# câu hỏi}}',
  question_number: 'Câu hỏi {number}',
  question_up: 'Đưa câu hỏi {number} lên',
  question_down: 'Đưa câu hỏi {number} xuống',
  question_remove: 'Bỏ câu hỏi {number}',
  question_add: 'Thêm câu hỏi',
  question_back: 'Khôi phục câu hỏi vừa bỏ',
  asked_needed: 'Bắt buộc trả lời',
  asked_with_photo: 'Nên có ảnh',
  built_in: 'Có sẵn',
  built_in_asked: 'đang hỏi',
  built_in_not: 'không hỏi',
  built_in_asked_what:
    'Khi chưa tạo danh mục nào ở đây, trạm hỏi các danh mục này. Từ danh mục đầu tiên, trạm chỉ hỏi những gì tạo ở đây.',
  built_in_not_what: 'Trạm chỉ hỏi những gì ở trên. Danh mục lấy dùng từ đây sẽ được hỏi lại.',
  built_in_take: 'Lấy dùng',
  policy_share: '{count}, ít nhất {share}',
  policy_change: 'Sửa',
  policy_title: 'Phải để lại ở {station}',
  policy_safe: 'Mức an toàn',
  policy_walk_ins: 'Không đặt trước',
  policy_ahead: 'Giữ trước',
  policy_old_agent: 'Agent của trạm chưa biết giữ xe: chưa giữ trước xe nào.',
  policy_now: 'hiện {count, plural, =0 {không có xe} other {có # xe}} đã sạc và rảnh',
  policy_why_kind: 'Đặt thêm một lượt thì còn {left} xe; phải để lại {needed}.',
  policy_why_all: 'Đặt thêm một lượt thì còn {left} xe mọi loại; {needed} dành cho khách không đặt trước.',
  policy_how:
    'Mức an toàn là số xe đã sạc của mỗi loại để lại cho khách không đặt trước: dưới mức này không nhận thêm lượt đặt bắt đầu trong vòng một ngày. Giữ trước là số xe trạm dành cho lượt đặt sắp tới, để xác nhận ngay. Để trống là không.',
  policy_share_how: 'Tính mọi loại, số lớn hơn trong hai số được để lại.',
};
